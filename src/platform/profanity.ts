import { PROFANE_STEMS } from './profane-words.js';

/** Tells whether a text may be shown to everybody. Another detector takes its place by providing this class. */
export abstract class Profanity {
  abstract isProfane(text: string): boolean;
}

/** Digits and signs that are written for letters. */
const LOOKALIKES: Readonly<Record<string, string>> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' };
const ENDINGS = ['', 's', 'es', 'ed', 'er', 'ers', 'ing', 'in', 'y', 'face', 'head', 'hole'];

/** Whole words, so that nobody from Scunthorpe is turned away; as they are written and as they are meant. */
export class WordListProfanity extends Profanity {
  override isProfane(text: string): boolean {
    const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
    const meant = plain.replace(/[013457@$!]/g, (sign) => LOOKALIKES[sign]!);
    return [plain, meant].some((reading) => wordsOf(reading).some((word) => PROFANE_WORDS.has(collapsed(word))));
  }
}

/** Words between anything else, and single letters that stand apart taken together: `f u c k`. */
const wordsOf = (text: string): string[] => {
  const words = text.split(/[^a-z]+/).filter(Boolean);
  const apart = text.match(/(?<![a-z])[a-z](?:[^a-z]{1,2}[a-z](?![a-z])){2,}/g) ?? [];
  return [...words, ...apart.map((letters) => letters.replace(/[^a-z]/g, ''))];
};

/** A letter that is repeated counts once, or twice where the word has it so anyway. */
const collapsed = (word: string): string => word.replace(/(.)\1+/g, '$1');

/** Made once: a process may make many nodes, and the words are thousands. */
const PROFANE_WORDS: ReadonlySet<string> = new Set(PROFANE_STEMS.flatMap((stem) => ENDINGS.map((ending) => collapsed(stem + ending))));
