import { splitPrompt } from '../requests/rules/prompt.js';
import type { FilterSet } from './filter-set.js';
import { grownUp, toleratesTags } from './grown-up.js';
import { plainPrompt } from './plain-prompt.js';

/** 7,500 words (horde-api C1.1 row 27) of ordinary length. Nobody's filters shall have to read more. */
export const FILTERED_CHARS_MAX = 50_000;
/** What is replaced has so many at most (horde-api C1.1 row 19, Q63). */
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
  const { positive } = splitPrompt(asked.prompt);
  if (positive.length > FILTERED_CHARS_MAX) return refused('InvalidPromptSize');
  const isSuspect = filters.suspects(positive);
  if (isSuspect && !asked.replaceable) return { outcome: 'offence' };
  if (!isSuspect && !isGuarded(asked, positive, filters)) return { outcome: 'passed', prompt: asked.prompt };
  if (hasMoreCharsThan(positive, REPLACED_CHARS_MAX)) return refused('BadRequest');
  const prompt = rewritten(asked, filters);
  if (prompt !== undefined) return { outcome: 'passed', prompt };
  return isSuspect ? { outcome: 'offence' } : refused('CorruptPrompt');
};

/** Models for adults are not given what sounds young; flagged users' prompts are replaced whatever they say. */
const isGuarded = ({ models, adult, flagged }: AskedPrompt, positive: string, filters: FilterSet): boolean => {
  if (flagged || !adult) return flagged;
  const plain = plainPrompt(positive);
  return grownUp(plain, toleratesTags(models)) !== plain || filters.replaces(plain);
};

/** What may be drawn in its place; undefined when nothing is left. */
const rewritten = ({ prompt, models, adult, flagged }: AskedPrompt, filters: FilterSet): string | undefined => {
  const { positive, negative } = splitPrompt(prompt);
  const replaced = filters.replaced(plainPrompt(positive));
  const text = adult || flagged ? grownUp(replaced, toleratesTags(models)) : replaced;
  return text === '' ? undefined : `${text}###${NOT_SHOWN}${negative === undefined ? '' : `, ${negative}`}`;
};

/** As people count, where a sign may take two places. */
const hasMoreCharsThan = (text: string, most: number): boolean => text.length > most && [...text].length > most;
