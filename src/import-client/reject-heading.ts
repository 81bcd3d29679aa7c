/** How a line of a history is introduced among rejects, as EDN's comment: the line itself follows. */
export function rejectHeading(line: number, reason: string): string {
  return `; ${line}: ${reason.replaceAll('\n', ' ')}`;
}
