import { useRouteContext } from '@tanstack/react-router';
import { useCallback, useSyncExternalStore } from 'react';
import { useSheet } from '../sheet/use-sheet.ts';

const NETWORK_EVENTS = ['online', 'offline'] as const;

/** Tells of writes that are not at the server: how many wait for it, and which were refused. */
export function OutboxStatus() {
  const { data } = useRouteContext({ from: '/app' });
  const { outbox } = data;
  const { openRecord } = useSheet();
  const subscribe = useCallback(
    (listener: () => void) => {
      const stop = outbox.subscribe(listener);
      for (const event of NETWORK_EVENTS) addEventListener(event, listener);
      return () => {
        stop();
        for (const event of NETWORK_EVENTS) removeEventListener(event, listener);
      };
    },
    [outbox],
  );
  const writes = useSyncExternalStore(subscribe, () => outbox.writes());
  const hindrance = useSyncExternalStore(subscribe, () => (navigator.onLine ? outbox.hindrance() : 'network'));
  const sending = useSyncExternalStore(subscribe, () => outbox.sending());
  const refused = writes.filter((write) => write.refusal !== null);
  const waiting = writes.length - refused.length;
  // A write that is on its way is no news.
  const is_shown = refused.length > 0 || hindrance === 'network' || (hindrance === 'service' && waiting > 0);
  const standing = hindrance === 'network' ? 'Offline' : 'Not saved yet';
  return (
    <div className="outbox" role="status">
      {is_shown && (
        <>
          <button
            type="button"
            className="outbox-button"
            data-refused={refused.length > 0}
            popoverTarget="outbox-panel"
          >
            {refused.length > 0
              ? `${refused.length} ${refused.length === 1 ? 'change needs' : 'changes need'} you`
              : waiting === 0
                ? standing
                : `${standing} · ${waiting} waiting`}
          </button>
          <div id="outbox-panel" className="popover-panel outbox-panel" popover="auto">
            <h2>Changes on this device</h2>
            {writes.length === 0 && (
              <p>The service cannot be reached. What you change is kept here and goes out later.</p>
            )}
            <ul className="outbox-list">
              {writes.map((write) => (
                <li key={write.key}>
                  <span className="outbox-title">{write.title}</span>
                  <span className="outbox-why">
                    {write.refusal === null
                      ? write.key === sending
                        ? 'It is on its way.'
                        : hindrance === 'service'
                          ? 'The service does not take it now; it is sent again by itself.'
                          : 'Waits for the network'
                      : write.refusal.status === 412
                        ? 'The record was changed elsewhere meanwhile.'
                        : write.refusal.message}
                  </span>
                  {write.refusal === null && hindrance === 'service' && write.key !== sending && (
                    <span className="outbox-actions">
                      <button type="button" className="link-button" onClick={() => outbox.discard(write.key)}>
                        Drop mine
                      </button>
                    </span>
                  )}
                  {write.refusal !== null && (
                    <span className="outbox-actions">
                      <button
                        type="button"
                        className="link-button"
                        onClick={() => openRecord(write.operations[0]?.id ?? '')}
                      >
                        Look at the record
                      </button>
                      <button type="button" className="link-button" onClick={() => outbox.insist(write.key)}>
                        Write mine over it
                      </button>
                      <button type="button" className="link-button" onClick={() => outbox.discard(write.key)}>
                        Drop mine
                      </button>
                    </span>
                  )}
                </li>
              ))}
            </ul>
            {waiting > 0 && (
              <button type="button" className="button" onClick={() => outbox.flush()}>
                Try now
              </button>
            )}
          </div>
        </>
      )}
    </div>
  );
}
