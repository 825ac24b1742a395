import { compileRegex, type FilterRegex } from './filter-regex.js';
import { plainPrompt, youngEmojiIn } from './plain-prompt.js';

/** A filter as moderators see it. */
export interface PromptFilter {
  readonly id: number;
  readonly regex: string;
  readonly filterType: number;
  readonly description: string | null;
  /** What takes the place of its matches; only those of type 10 are replaced. */
  readonly replacement: string;
  /** Who wrote it last. */
  readonly by: number;
}
interface Compiled extends PromptFilter {
  readonly compiled: FilterRegex;
}

/** horde-rules §9.3: the types of each group. Filters of other types are kept, and look at nothing. */
const YOUTH_TYPES: readonly number[] = [10, 11];
const LEWD_TYPES: readonly number[] = [20];
export const ACTIVE_TYPES: readonly number[] = [...YOUTH_TYPES, ...LEWD_TYPES];
const REPLACED_TYPE = 10;
/** Replacing makes a prompt hardly longer; what grows beyond this came from filters that match everywhere, and is no prompt any more. */
const GROWN_CHARS_MAX = 20_000;

export interface Score {
  /** How many groups matched. */
  readonly suspicion: 0 | 1 | 2;
  readonly matches: readonly string[];
}

/** All filters at one moment, compiled. What an earlier set has compiled is taken from it: five hundred of them take a tenth of a second. */
export class FilterSet {
  readonly #all: readonly Compiled[];

  constructor(filters: readonly PromptFilter[], earlier?: FilterSet) {
    const known = new Map((earlier ? earlier.#all : []).map(({ regex, compiled }) => [regex, compiled]));
    this.#all = filters.flatMap((filter) => {
      const compiled = known.get(filter.regex) ?? compileRegex(filter.regex); // one that a later version of the engine refuses looks at nothing
      return 'fault' in compiled ? [] : [{ ...filter, compiled }];
    });
  }

  /** Whether both groups match, which is what has consequences. */
  suspects(positive: string): boolean {
    const lewd = this.#of(LEWD_TYPES);
    if (lewd.length === 0) return false;
    const plain = plainPrompt(positive);
    const finds = ({ compiled }: Compiled): boolean => compiled.finds(plain);
    return lewd.some(finds) && (youngEmojiIn(positive) !== undefined || this.#of(YOUTH_TYPES).some(finds));
  }

  /** How many groups match and by which words; of one type, whether it matches. To find where costs much more than to find whether. */
  score(positive: string, filterType?: number): Score {
    const plain = plainPrompt(positive);
    const found = (types: readonly number[]): string[] => this.#of(types).flatMap(({ compiled }) => (compiled.finds(plain) ? (compiled.firstIn(plain) ?? []) : []));
    const groups = filterType === undefined ? [[...found(YOUTH_TYPES), youngEmojiIn(positive) ?? []].flat(), found(LEWD_TYPES)] : [found([filterType])];
    return { suspicion: groups.filter((group) => group.length > 0).length as Score['suspicion'], matches: [...new Set(groups.flat())] };
  }

  /** Every rule of type 10 in its order; empty when nothing is left that could be drawn. */
  replaced(plain: string): string {
    let text = plain;
    for (const { compiled, replacement } of this.#of([REPLACED_TYPE])) {
      if (compiled.finds(text)) text = compiled.replaced(text, replacement) ?? '';
      if (text.length > GROWN_CHARS_MAX) return '';
    }
    return text.replace(/\s+/g, ' ').trim();
  }

  /** Whether there is anything for `replaced` to do. */
  replaces(plain: string): boolean {
    return this.#of([REPLACED_TYPE]).some(({ compiled }) => compiled.finds(plain));
  }

  #of(types: readonly number[]): readonly Compiled[] {
    return this.#all.filter(({ filterType }) => types.includes(filterType));
  }
}
