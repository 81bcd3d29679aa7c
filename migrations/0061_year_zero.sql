-- An XTDB whose valid time is #inst "0001-01-01" means 0000-12-30, since Clojure writes it in the Julian calendar. Postgres calls that year
-- 1 BC, and to_char the year 0001: text that is another instant.
create or replace function iso(p_at timestamptz) returns text
language sql stable parallel safe
return case
  when p_at >= '0001-01-01Z' and p_at < 'infinity' then to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  when isfinite(p_at) then to_char(p_at at time zone 'UTC', '"0000"-MM-DD"T"HH24:MI:SS.US"Z"')
  else p_at::text
end;
