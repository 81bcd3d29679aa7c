/** For `.catch`: undefined in place of a failure with one of these codes, such as ENOENT; any other is thrown on. */
export function absentOn(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}
