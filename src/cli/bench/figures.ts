import { figure, table } from '../table.js';

/** A measured figure beside its budget (design.md §7). */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly must?: number | undefined;
  readonly goal?: number | undefined;
  /** `more` is better unless said otherwise. */
  readonly better?: 'more' | 'less';
}

const reaches = ({ value, better = 'more' }: Figure, bound: number | undefined): boolean | undefined =>
  bound === undefined ? undefined : better === 'more' ? value >= bound : value <= bound;

const verdict = (each: Figure): string => {
  if (each.must === undefined && each.goal === undefined) return '';
  if (reaches(each, each.must) === false) return '✗';
  return reaches(each, each.goal) === false ? '✓' : '✓ goal';
};

const bound = (value: number | undefined): string => (value === undefined ? '' : figure(value));

export const figureTable = (figures: readonly Figure[]): string[] => table([
  ['', 'measured', '', 'must', 'goal', ''],
  ...figures.map((each) => [each.name, figure(each.value), each.unit, bound(each.must), bound(each.goal), verdict(each)]),
]);

export const missesMust = (each: Figure): boolean => reaches(each, each.must) === false;
