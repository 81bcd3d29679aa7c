import { TRIPWIRES, type Tripwire } from './tripwires.ts';

/** Where messages go; null when nobody is to be told. */
export interface AlertTarget {
  readonly url: string;
  readonly format: 'slack' | 'json';
}

const TIMEOUT_MS = 10_000;

/** From the settings ALERT_WEBHOOK_URL and ALERT_WEBHOOK_FORMAT (`json` unless it says `slack`). */
export function alertTarget(settings: {
  readonly ALERT_WEBHOOK_URL?: string;
  readonly ALERT_WEBHOOK_FORMAT?: string;
}): AlertTarget | null {
  const { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_FORMAT: format } = settings;
  if (url === undefined || url === '') return null;
  return { url, format: format === 'slack' ? 'slack' : 'json' };
}

/** One message about all the news. @throws when it did not arrive; the address, which is a secret, is not in the message */
export async function sendAlert(target: AlertTarget, news: readonly Tripwire[]): Promise<void> {
  const text = news.map(sentence).join('\n');
  const body = target.format === 'slack' ? { text } : { service: 'annals', text, tripwires: news };
  let status: number;
  try {
    const answer = await fetch(target.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = answer.status;
    await answer.body?.cancel();
  } catch {
    throw new Error('the alert webhook cannot be reached');
  }
  if (status >= 300) throw new Error(`the alert webhook answered ${status}`);
}

function sentence({ name, tripped, value, limit, detail }: Tripwire): string {
  const [, meaning] = TRIPWIRES[name];
  const about = detail === null ? '' : ` (${detail})`;
  return `Annals: ${name} ${tripped ? 'tripped' : 'recovered'}: ${rounded(value)}${about}, limit ${rounded(limit)} ${meaning}.`;
}

const rounded = (value: number): string => String(Math.round(value * 100) / 100);
