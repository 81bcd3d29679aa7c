/** What a schema says of a field, as a person reads it under that field. */
export function problemText(message: string, is_missing: boolean): string {
  if (is_missing) return 'This is needed.';
  const words = message.replace(/^Invalid (input|option): /, '');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
