const BARS = '▁▂▃▄▅▆▇█';

/** Numbers as a line of bars, the greatest the highest; nothing for no numbers. */
export function sparkline(values: readonly number[]): string {
  const greatest = Math.max(...values);
  return values
    .map((value) => BARS[greatest > 0 ? Math.round((value / greatest) * (BARS.length - 1)) : 0] ?? '')
    .join('');
}
