import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileRegex, type FilterRegex } from './filter-regex.js';
import { FilterSet, type PromptFilter } from './filter-set.js';
import { grownUp } from './grown-up.js';
import { judge, type AskedPrompt } from './judgement.js';
import { plainPrompt } from './plain-prompt.js';

const filter = (id: number, filterType: number, regex: string, replacement = ''): PromptFilter => ({ id, filterType, regex, replacement, description: null, by: 1 });
const CHILD = filter(1, 10, '\\b(?:child|kid)s?\\b', 'adult');
const SCHOOL = filter(2, 11, '\\bschool\\b');
const LEWD = filter(3, 20, '\\blewd\\b');
const IDLE = filter(4, 15, 'lighthouse');
const set = new FilterSet([CHILD, SCHOOL, LEWD, IDLE]);
const NOT_SHOWN = '###child, infant, underage, immature, teenager, tween';

describe('the plain form of a prompt', () => {
  it.each([
    ['a Lighthouse, at_night!', 'a Lighthouse at night'], ['(castle:1.2) (moat)', 'castle moat'], ['((cas:1.2)tle:.5)', 'castle'], ['(cas: 1.25 )tle', 'castle'], ['w(a:1)ter', 'water'],
    ['(an:at) on:1)', 'an at on 1'], ['(castle:1.2', 'castle 1 2'], ['time 10:30)', 'time 10 30'], ['c a s t l e', 'castle'], ['a c at', 'a c at'], ['a b', 'a b'], ['an a b c d end', 'an abcd end'],
    ['c.a.s.t.l.e', 'castle'], ['  two \n\t lines ', 'two lines'], ['châtèau Ærø straße', 'chateau AEro strasse'], ['cas\u200btle\u00ad', 'castle'], ['ｃａｓｔｌｅ', 'castle'], ['маяк 灯台', 'маяк 灯台'], ['👶!?', ''],
  ])('of %j is %j', (prompt, plain) => expect(plainPrompt(prompt)).toBe(plain));

  it('has one blank between its words and none around them, and is its own plain form but for letters that then stand apart', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'B', 'é', ' ', '(', ')', ':', '1', '.', '_', '👶', '\n', 'ab'), maxLength: 60 }), (prompt) => {
      const plain = plainPrompt(prompt);
      expect(plain).toMatch(/^(?:[\p{L}\p{N}]+(?: [\p{L}\p{N}]+)*)?$/u);
      expect(plainPrompt(plain).replaceAll(' ', '')).toBe(plain.replaceAll(' ', ''));
    }), { seed: 37 });
  });
});

describe('the score of a prompt', () => {
  it.each<[string, number, readonly string[]]>([
    ['a lighthouse', 0, []], ['a child', 1, ['child']], ['a CHILD at school, kids', 1, ['CHILD', 'school']], ['lewd', 1, ['lewd']], ['a lewd child', 2, ['child', 'lewd']],
    ['l e w d', 1, ['lewd']], ['(chi:1.2)ld', 1, ['child']], ['👶🏿', 1, ['👶']], ['lewd 👨‍👩‍👧', 2, ['👧', 'lewd']], ['lewd 🍼', 2, ['🍼', 'lewd']], ['lewd 🐤 🚸', 2, ['🐤', 'lewd']], ['lewd 🦆', 1, ['lewd']],
  ])('of %j is %i, by %j: a group counts once, emoji only for the first', (prompt, suspicion, matches) => {
    expect(set.score(prompt)).toEqual({ suspicion, matches });
    expect(set.suspects(prompt)).toBe(suspicion === 2);
  });

  it('of one type is whether it matches, also of a type that is in no group', () => {
    expect([10, 11, 20, 15, 16].map((type) => set.score('a lewd child in a lighthouse 👶', type).suspicion)).toEqual([1, 0, 1, 1, 0]);
  });

  it('is nothing without filters, and a filter that cannot be compiled any more does not keep the others from looking', () => {
    expect(new FilterSet([]).score('a lewd child').suspicion).toBe(0);
    expect(new FilterSet([filter(1, 10, ''), filter(2, 10, '('), CHILD]).score('a lewd child')).toEqual({ suspicion: 1, matches: ['child'] });
  });
});

const asked = (prompt: string, rest: Partial<AskedPrompt> = {}): AskedPrompt => ({ prompt, models: ['stable_diffusion'], adult: false, replaceable: true, flagged: false, ...rest });
const passed = (prompt: string) => ({ outcome: 'passed', prompt });
const refused = (rc: string) => ({ outcome: 'refused', rc });
const OFFENCE = { outcome: 'offence' };
const longer = (prompt: string, chars: number): string => prompt.padEnd(chars, ' sea');
const ADULT = { adult: true, models: ['Deliberate'] };

describe('an image request', () => {
  it.each<[string, AskedPrompt, object]>([
    ['with any prompt is left as it is', asked('A child, (at night:1.2)!'), passed('A child, (at night:1.2)!')],
    ['is not judged by what it wants to avoid', asked('a lewd statue###child'), passed('a lewd statue###child')],
    ['that both groups match is replaced', asked('a lewd, (child:1.1)!'), passed(`a lewd adult${NOT_SHOWN}`)],
    ['keeps its own negative prompt behind that', asked('a lewd kid###rain###snow'), passed(`a lewd adult${NOT_SHOWN}, rain###snow`)],
    ['that does not want that is an offence', asked('a lewd child', { replaceable: false }), OFFENCE],
    ['that is too long to be replaced is refused', asked(longer('a lewd child', 7_001)), refused('BadRequest')],
    ['that is too long and must not be replaced is an offence before', asked(longer('a lewd child', 7_001), { replaceable: false }), OFFENCE],
    ['of 7,000 characters is not too long', asked(longer('a lewd child', 7_000)), { outcome: 'passed', prompt: expect.stringMatching(/^a lewd adult sea sea .*###child, infant/) }],
    ['is measured as people count', asked(`${longer('a lewd child', 6_990)}${'🚲'.repeat(10)}`), { outcome: 'passed', prompt: expect.any(String) }],
    ['that nobody can look through is refused', asked(longer('a', 50_001)), refused('InvalidPromptSize')],
    ['with a long negative prompt can be looked through', asked(`a###${'b'.repeat(60_000)}`), passed(`a###${'b'.repeat(60_000)}`)],
    ['of a model for adults has no young words', asked('a small village, two students', ADULT), passed(`a adult village two adult${NOT_SHOWN}`)],
    ['of a model for adults has no girls and no boys', asked('1girl, schoolgirl; boys and 2sons', ADULT), passed(`adult woman adult woman adult man and adult man${NOT_SHOWN}`)],
    ['of a model for adults has nothing that is replaced', asked('a child on a swing', ADULT), passed(`a adult on a swing${NOT_SHOWN}`)],
    ['of a model for adults with no such words is left as it is', asked('A village, smallish; persons', ADULT), passed('A village, smallish; persons')],
    ['of a model for adults is replaced although its sender does not want that', asked('nina', { ...ADULT, replaceable: false }), passed(`adult woman${NOT_SHOWN}`)],
    ['of Hentai Diffusion may say 1girl', asked('1girl, 1boy', { adult: true, models: ['Hentai Diffusion'] }), passed('1girl, 1boy')],
    ['of Hentai Diffusion may not say 2girls', asked('1girl, 2girls', { adult: true, models: ['Hentai Diffusion'] }), passed(`1girl adult woman${NOT_SHOWN}`)],
    ['of Hentai Diffusion or another may not say 1girl', asked('1girl', { adult: true, models: ['Hentai Diffusion', 'Deliberate'] }), passed(`adult woman${NOT_SHOWN}`)],
    ['that both match, of a model for adults, is replaced by both', asked('a lewd kid and a boy', ADULT), passed(`a lewd adult and a adult man${NOT_SHOWN}`)],
    ['of a flagged user is replaced whatever it says', asked('A village!###x', { flagged: true }), passed(`A village${NOT_SHOWN}, x`)],
    ['of a flagged user that says nothing is refused', asked('!!!', { flagged: true }), refused('CorruptPrompt')],
    ['of a model for adults that is too long to be replaced is refused', asked(longer('a girl', 7_001), ADULT), refused('BadRequest')],
  ])('%s', (_what, prompt, judgement) => expect(judge(prompt, set)).toEqual(judgement));

  it('of which nothing is left is an offence when both groups matched, and merely refused when only the model did', () => {
    const strict = new FilterSet([filter(1, 10, '\\w+'), LEWD]);
    expect(judge(asked('a lewd child'), strict)).toEqual(OFFENCE);
    expect(judge(asked('a child', ADULT), strict)).toEqual(refused('CorruptPrompt'));
  });

  it('is replaced by every rule of type 10 in its order, and by no other', () => {
    const rules = new FilterSet([filter(1, 10, 'kid', 'child'), filter(2, 10, 'child', 'grown up'), filter(3, 11, 'grown', 'x'), LEWD]);
    expect(judge(asked('lewd kid'), rules)).toEqual(passed(`lewd grown up${NOT_SHOWN}`));
    expect(judge(asked('lewd kid'), new FilterSet([filter(1, 10, '(k)id', '$1$&\\1'), LEWD]))).toEqual(passed(`lewd $1$&\\1${NOT_SHOWN}`));
  });

  it('is no prompt any more when it would have to be replaced everywhere, or grows without end', () => {
    expect(judge(asked(`lewd ${'kid '.repeat(300)}`), set)).toMatchObject({ outcome: 'passed' });
    expect(judge(asked(`lewd ${'kid '.repeat(301)}`), set)).toEqual(OFFENCE);
    expect(judge(asked(`lewd ${'kid '.repeat(200)}`), new FilterSet([filter(1, 10, 'kid', 'y'.repeat(200)), LEWD]))).toEqual(OFFENCE);
  });

  it('that is passed on in place of another is passed on as it is, unless its sender is flagged', () => {
    const word = fc.constantFrom('lewd', 'child', 'kid', 'school', 'girl', 'son', 'small', 'harbour', '👶', ',', '(kid:1.1)');
    fc.assert(fc.property(fc.array(word, { maxLength: 8 }), fc.boolean(), (parts, adult) => {
      const judgement = judge(asked(parts.join(' '), { adult }), set);
      if (judgement.outcome === 'passed') expect(judge(asked(judgement.prompt, { adult, replaceable: false }), new FilterSet([CHILD, LEWD]))).toEqual(judgement);
    }), { seed: 37 });
  });
});

it('what sounds young is told by whole words', () => {
  expect(grownUp('youngster smallest little Lil reason boyish personal girlish Nina', false)).toBe('youngster smallest adult adult reason boyish personal adult woman adult woman');
});

/** Text that counts how often it is looked at. */
const counting = (text: string): { readonly text: string; readonly looks: () => number } => {
  let looks = 0;
  const proxy = new Proxy(Buffer.from(text), {
    get: (bytes, name) => {
      if (typeof name === 'string' && /^\d+$/.test(name)) looks++;
      const value: unknown = Reflect.get(bytes, name, bytes);
      return typeof value === 'function' ? (value as () => unknown).bind(bytes) : value;
    },
  });
  return { text: proxy as unknown as string, looks: () => looks };
};

describe('the regex of a filter', () => {
  it.each(['(a+)+$', '(a|aa)+$', '(a*)*[bc]', '(x+x+)+y', '([ab]*a[ab]{20}[xy])', '(?:a?){100}a{100}[!?]x', '(.*)(.*)(.*)(.*)[bc]$'])(
    '%s looks at a hostile prompt of twice the length twice as often, and no more', (regex) => {
      const compiled = compileRegex(regex) as FilterRegex;
      const looks = [2_000, 4_000, 8_000].map((length) => {
        const tested = counting(`${'a'.repeat(length)}!`);
        const found = counting(`${'a'.repeat(length)}!`);
        expect(compiled.finds(tested.text)).toBe(false);
        compiled.firstIn(found.text);
        expect(tested.looks()).toBeLessThan(2 * length);
        expect(found.looks()).toBeLessThan(50 * length);
        return found.looks();
      });
      expect(looks[2]! / looks[1]!).toBeCloseTo(2, 1);
      expect(looks[1]! / looks[0]!).toBeCloseTo(2, 1);
    });

  it('that would look for each letter again through the whole prompt is not let replace everywhere', () => {
    expect((compileRegex('a.*z|a') as FilterRegex).replaced('a'.repeat(7_000), 'b')).toBeUndefined();
  });

  it.each([
    ['(', /missing closing/], ['*', /missing argument/], ['(?=a)b', /lookaheads/], ['(a)\\1', /backreferences/], ['[z-a]', /range/], ['a{1001}', /repeat/], ['((a{100}){100}){100}', /repeat|large/],
    ['(?:[a-z]{1,50}){1,20}!', /large/], ['', /empty text/], ['a*', /empty text/], ['a|', /empty text/],
  ])('cannot be %j, and why is said in words', (regex, why) => expect(compileRegex(regex)).toEqual({ fault: expect.stringMatching(why) }));

  it('matches in any case, at words and after words, and never a part of what it should not', () => {
    const of = (regex: string) => compileRegex(regex) as FilterRegex;
    expect([of('\\bKid\\b').finds('a kid'), of('\\bkid\\b').finds('kidney'), of('(?<!not a )kid').finds('not a kid'), of('(?<!not a )kid').finds('a kid')]).toEqual([true, false, false, true]);
    expect(of('k.d').replaced('kid, kod and kd', 'x')).toBe('x, x and kd');
  });
});
