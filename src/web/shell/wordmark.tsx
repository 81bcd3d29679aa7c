export function Wordmark() {
  return (
    <span className="wordmark">
      <svg viewBox="0 0 32 32" role="presentation" aria-hidden="true">
        <rect className="wordmark-back" width="32" height="32" rx="8" />
        <rect x="7" y="17" width="5" height="8" rx="1.5" opacity=".65" />
        <rect x="13.5" y="12" width="5" height="13" rx="1.5" opacity=".85" />
        <rect x="20" y="7" width="5" height="18" rx="1.5" />
      </svg>
      Annals
    </span>
  );
}
