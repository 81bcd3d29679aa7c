-- Two operators who mend one finished import at once take turns, where one of them was told of a deadlock.

create or replace function import_mend(p_mend jsonb) returns jsonb
language plpgsql as $$
declare
  v_state text;
  v_reject import_rejects%rowtype;
  v_written jsonb;
begin
  -- Not for share: of two that mend a finished import, each would wait for the other to let go before it counts what it erased.
  select state into v_state from imports where import_id = (p_mend ->> 'import_id')::uuid for no key update;
  if not found then
    raise exception 'no such import' using errcode = 'AN404', hint = 'List the imports to find its id.';
  elsif v_state = 'cancelled' then
    raise exception 'the import is cancelled: it takes no line' using errcode = 'AN409', hint = 'Open an import of the file.';
  end if;
  select * into v_reject from import_rejects
    where import_id = (p_mend ->> 'import_id')::uuid and line = (p_mend ->> 'line')::bigint for update;
  if not found then
    raise exception 'line % was not rejected', p_mend ->> 'line' using errcode = 'AN404', hint = 'Only rejected lines can be mended.';
  elsif v_reject.mended_digest = p_mend ->> 'digest' then
    return jsonb_build_object('applied', false, 'line', v_reject.line);
  elsif v_reject.mended_at is not null then
    raise exception 'line % was mended already, with other words', v_reject.line using errcode = 'AN409',
      hint = 'What came in stays in: write a new version instead.';
  end if;
  v_written := import_write(v_reject.import_id, p_mend -> 'rows', p_mend -> 'evictions');
  if v_written -> 'conflicts' <> '[]' then
    raise exception 'line %: %', v_reject.line, another_version() using errcode = 'AN409',
      hint = 'A version is known by entity, valid time, transaction time and transaction.';
  end if;
  update import_rejects set mended_at = clock_timestamp(), mended_digest = p_mend ->> 'digest'
    where import_id = v_reject.import_id and line = v_reject.line;
  if v_state = 'finished' then
    perform setval('tx_seq', greatest((v_written ->> 'max_tx')::bigint, last_value)) from tx_seq;
    update imports set erased = erased + erase_evicted() where import_id = v_reject.import_id;
    update analytics set stale = true where not stale;
  end if;
  return jsonb_build_object('applied', true, 'line', v_reject.line);
end
$$;
