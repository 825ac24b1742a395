import { splitPrompt } from '../requests/rules/prompt.js';
import type { FilterSet } from './filter-set.js';
import { grownUp, toleratesTags } from './grown-up.js';
import { plainPrompt } from './plain-prompt.js';

/** 7,500 words (horde-api C1.1 row 27) of ordinary length. Nobody's filters shall have to read more. */
export const FILTERED_CHARS_MAX = 50_000;
/** horde-api C1.1 row 19 (Q63). */
export const REPLACED_CHARS_MAX = 7_000;
/** horde-rules §9.3: what an image of a replaced prompt must not show. */
const NOT_SHOWN = 'child, infant, underage, immature, teenager, tween';

export interface AskedPrompt {
  readonly prompt: string;
  readonly models: readonly string[];
  /** Whether one of the models is for adults. */
  readonly adult: boolean;
  /** Whether its sender lets a prompt be replaced, or is not asked. */
  readonly replaceable: boolean;
  /** Whether its sender's prompts are replaced whatever they say. */
  readonly flagged: boolean;
}
export type Judgement =
  | { readonly outcome: 'passed'; readonly prompt: string }
  | { readonly outcome: 'refused'; readonly rc: 'InvalidPromptSize' | 'BadRequest' | 'CorruptPrompt' }
  /** Refused as corrupt, and held against its sender. */
  | { readonly outcome: 'offence' };

const refused = (rc: 'InvalidPromptSize' | 'BadRequest' | 'CorruptPrompt'): Judgement => ({ outcome: 'refused', rc });

/** What becomes of the prompt of an image (horde-rules §9.3). Only what it asks for is looked at, not what it asks to avoid. */
export const judge = (asked: AskedPrompt, filters: FilterSet): Judgement => {
  const { positive, negative } = splitPrompt(asked.prompt);
  if (positive.length > FILTERED_CHARS_MAX) return refused('InvalidPromptSize');
  const isSuspect = filters.suspects(positive);
  if (isSuspect && !asked.replaceable) return { outcome: 'offence' };
  if (isSuspect && hasMoreCharsThan(positive, REPLACED_CHARS_MAX)) return refused('BadRequest');
  const text = isSuspect ? filters.replaced(plainPrompt(positive)) : undefined;
  if (text === '') return { outcome: 'offence' };
  const grown = guarded(asked, text ?? positive, filters) ?? text;
  if (grown === '') return refused('CorruptPrompt');
  return { outcome: 'passed', prompt: grown === undefined ? asked.prompt : withNegatives(grown, negative) };
};

const withNegatives = (positive: string, negative: string | undefined): string => `${positive}###${NOT_SHOWN}${negative === undefined ? '' : `, ${negative}`}`;

/** For models that are for adults, and for flagged users: without what sounds young. Undefined where nothing has to change. */
const guarded = ({ models, adult, flagged }: AskedPrompt, positive: string, filters: FilterSet): string | undefined => {
  if (!adult && !flagged) return undefined;
  const plain = plainPrompt(positive);
  const tolerant = toleratesTags(models);
  if (!flagged && grownUp(plain, tolerant) === plain && !filters.replaces(plain)) return undefined;
  return grownUp(filters.replaced(plain), tolerant);
};

/** As people count, where a sign may take two places. */
const hasMoreCharsThan = (text: string, most: number): boolean => text.length > most && [...text].length > most;
