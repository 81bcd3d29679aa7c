const BROWSERS = [
  ['Firefox/', 'Firefox'],
  ['Edg/', 'Edge'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'an iPhone'],
  ['iPad', 'an iPad'],
  ['Mac OS X', 'a Mac'],
  ['Windows', 'Windows'],
  ['Linux', 'Linux'],
] as const;

/**
 * The program that wrote, from its User-Agent.
 * @example clientName('curl/8.5.0') // 'curl'
 */
export function clientName(user_agent: string): string {
  const [, browser] = BROWSERS.find(([mark]) => user_agent.includes(mark)) ?? [];
  const [, system] = SYSTEMS.find(([mark]) => user_agent.includes(mark)) ?? [];
  if (browser !== undefined) return system === undefined ? browser : `${browser} on ${system}`;
  return user_agent.split(/[/ ]/)[0] ?? user_agent;
}
