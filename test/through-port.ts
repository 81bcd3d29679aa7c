/** A database's connection string by way of what listens on another port of the same host, as a local Neon endpoint does. */
export function throughPort(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl);
  url.port = String(port);
  return url.href;
}
