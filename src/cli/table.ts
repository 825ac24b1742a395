/** Rows as aligned columns; the first columns (one unless given) to the left, the others to the right. */
export const table = (rows: readonly (readonly string[])[], left = 1): string[] => {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, column) => Math.max(most[column] ?? 0, cell.length)), []);
  return rows.map((row) => row.map((cell, column) => (column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ').trimEnd());
};

/** 1234567.8 as 1,234,568; small figures keep what is worth knowing. */
export const figure = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2 });
