import { posting, type AccountName, type Posting } from '../../src/kernel/ledger.js';

/**
 * Postings as one line of text, `account amount account amount …`: a quarter of the bytes of JSON, and nothing in it has to
 * be escaped on the way. No account name holds a space.
 */
export const postingsToText = (postings: readonly Posting[]): string => {
  let text = '';
  for (const { account, amount } of postings) text += text === '' ? `${account} ${amount}` : ` ${account} ${amount}`;
  return text;
};

export const postingsFromText = (text: string): Posting[] => {
  const words = text.split(' ');
  const postings: Posting[] = [];
  for (let index = 0; index < words.length; index += 2) postings.push(posting(words[index] as AccountName, Number(words[index + 1])));
  return postings;
};
