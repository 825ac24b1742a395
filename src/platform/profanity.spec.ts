import { describe, expect, it } from '@jest/globals';
import { WordListProfanity } from './profanity.js';

const profanity = new WordListProfanity();

describe('profanity', () => {
  it.each(['fuck', 'FUCK this', 'my_shit_worker', 'sh1t', '5hit', 'fuuuuck', 'f.u.c.k', 'f u c k you', 'fücking', 'a$$hole', 'wankers'])('is seen in %j', (text) => {
    expect(profanity.isProfane(text)).toBe(true);
  });
  it.each(['Scunthorpe', 'assassin', 'classic', 'cockatoo', 'Dickens', 'grape', 'therapist', 'document', 'shiitake', 'Penistone', 'spice', 'A B C', 'db0', 'Ada Lovelace', '', '日本'])(
    'is not seen in %j', (text) => expect(profanity.isProfane(text)).toBe(false));
  it('is found in linear time', () => {
    expect(profanity.isProfane('a.'.repeat(50_000))).toBe(false);
  });
});
