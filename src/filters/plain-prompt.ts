/** A weight is written with so many signs at most; whatever is longer is none. */
const WEIGHT_MAX = 12;
const WEIGHT = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*$/;
/** Letters that no decomposition turns into plain ones. */
const LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', đ: 'd', Đ: 'D', ð: 'd', Ð: 'D', þ: 'th', Þ: 'Th', ł: 'l', Ł: 'L', ı: 'i' };

/**
 * A prompt as filters see it (horde-rules §9.3), so that one word has one spelling: without accents, weights and punctuation, letters that
 * stand apart taken together. Each step looks at every sign a fixed number of times, however the prompt is made.
 */
export const plainPrompt = (prompt: string): string => {
  const letters = prompt.normalize('NFKD').replace(/[\u0300-\u036f]|\p{Cf}/gu, '').replace(/[ßæÆœŒøØđĐðÐþÞłŁı]/g, (letter) => LETTERS[letter]!);
  const words = withoutWeights(letters).replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ').trim();
  return words.replace(/(?<![^ ])\p{L}(?: \p{L}(?![^ ])){2,}/gu, (apart) => apart.replaceAll(' ', ''));
};

/** `(text:1.2)` is `text`, also in the middle of a word and inside another one; other brackets are punctuation. */
const withoutWeights = (text: string): string => {
  if (!text.includes(':')) return text;
  const dropped: (readonly [from: number, upTo: number])[] = [];
  const open: number[] = [];
  let colon = -1;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') open.push(at);
    else if (text[at] === ':') colon = at;
    else if (text[at] === ')') {
      const from = open.pop();
      if (from !== undefined && colon > from && isWeight(text, colon + 1, at)) dropped.push([from, from + 1], [colon, at + 1]);
    }
  }
  return without(text, dropped);
};

const isWeight = (text: string, from: number, upTo: number): boolean => upTo - from <= WEIGHT_MAX && WEIGHT.test(text.slice(from, upTo));

const without = (text: string, ranges: (readonly [from: number, upTo: number])[]): string => {
  let kept = '';
  let next = 0;
  for (const [from, upTo] of ranges.sort(([one], [other]) => one - other)) {
    kept += text.slice(next, from);
    next = upTo;
  }
  return kept + text.slice(next);
};

/** Children, babies and families, in all skin tones, and what stands for them (horde-rules §9.3). A tone follows its sign, so the sign is enough. */
const YOUNG_EMOJI = /[\u{1F476}\u{1F9D2}\u{1F466}\u{1F467}\u{1F46A}\u{1F47C}\u{1F931}\u{1F37C}\u{1F6BC}\u{1F6B8}\u{1F423}\u{1F424}\u{1F425}]/u;

/** The first of them in a prompt as it was sent. */
export const youngEmojiIn = (prompt: string): string | undefined => YOUNG_EMOJI.exec(prompt)?.[0];
