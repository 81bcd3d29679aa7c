/** Startup parameters that Neon hands on; the others only with `neon_proxy_params_compat:true` among the options. */
const HANDED_ON = new Set(['user', 'database', 'application_name', 'replication']);

/** Neon's own settings among the options: they name the endpoint or begin with `neon_`, and mean nothing to Postgres. */
const NEON_OPTION = /^(?:endpoint|project)=|^neon_\w+:/;
const PASS_ALL = 'neon_proxy_params_compat:true';

/** The parameters for Postgres' startup packet, from those of the client's. */
export function startupParameters(sent: ReadonlyMap<string, string>): Map<string, string> {
  const words = splitOptions(sent.get('options') ?? '');
  const all = words.includes(PASS_ALL);
  const parameters = new Map([...sent].filter(([name]) => all || HANDED_ON.has(name)));
  parameters.delete('options');
  const options = words.filter((word) => !NEON_OPTION.test(word)).join(' ');
  if (options !== '') parameters.set('options', options);
  parameters.set('client_encoding', 'UTF8');
  return parameters;
}

/** Words are parted by white space; a backslash makes the next character part of the word, and stays for Postgres. */
function splitOptions(options: string): string[] {
  return options.match(/(?:\\.|[^\s\\])+/gs) ?? [];
}
