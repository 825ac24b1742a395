import { describe, expect, it } from '@jest/globals';
import type { TextParams, TextRequestBody } from './request-body.js';
import type { RequestRuleRc, RuleCaller } from './rule.js';
import { textRefusal, textSubject, TEXT_RULES } from './text-rules.js';

const stranger: RuleCaller = { username: 'someone#7', trusted: false, patron: false, special: false };
type Loose<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };
interface Draft {
  body: Loose<TextRequestBody>;
  params: Loose<TextParams>;
}
const draft = (): Draft => ({ body: { prompt: 'once' }, params: {} });
const refusalOf = ({ body, params }: Draft, caller = stranger) => textRefusal(textSubject({ ...body, params }, caller));
const extra = { image: 'AAAA' };

/** In the published order; each entry spoils a request whatever the entries below it did. */
const FAULTS: readonly (readonly [RequestRuleRc, (draft: Draft) => void])[] = [
  ['TooManyExtraSourceImages', ({ body }) => { body.extra_source_images = Array(6).fill(extra); }],
  ['MoreThanMinExtraSourceImage', ({ body }) => { body.extra_source_images = [extra, extra]; }],
  ['MissingPrompt', ({ body }) => { body.prompt = ''; }],
  ['InvalidPromptEncoding', ({ body }) => { body.prompt = '\udc00'; }],
  ['RequiresTrust', ({ body, params }) => { body.disable_batching = true; params.n = 2; }],
  ['TokenOverflow', ({ params }) => { params.max_length = 100; params.max_context_length = 99; }],
  ['MissingFullSamplerOrder', ({ params }) => { params.sampler_order = [0, 1, 2, 3, 4, 5, 5]; }],
  ['TooManyStopSequences', ({ params }) => { params.stop_sequence = Array.from({ length: 129 }, (_, at) => `${at}${'x'.repeat(20)}`); }],
  ['ExcessiveStopSequence', ({ params }) => { params.stop_sequence = ['x'.repeat(2001)]; }],
  ['InvalidExtraSourceImages', ({ body }) => { body.extra_source_images = [extra]; }],
  ['NulByteInPayload', ({ body }) => { body.softprompt = '\0'; }],
];

describe('a text request', () => {
  it.each(FAULTS.map(([rc], at) => [at, rc] as const))('%d: with this and every later fault is refused as %s', (at, rc) => {
    const spoilt = draft();
    for (const [, spoil] of FAULTS.slice(at).reverse()) spoil(spoilt);
    expect(refusalOf(spoilt)).toBe(rc);
  });
  it('has a fault in this table for every rule', () => {
    expect(FAULTS.map(([rc]) => rc)).toEqual(TEXT_RULES.map(({ rc }) => rc));
  });
  it.each<[string, TextParams]>([
    ['of the plain kind', {}], ['that fills its context', { max_length: 512, max_context_length: 512 }], ['with a full sampler order', { sampler_order: [6, 0, 1, 2, 3, 4, 5] }],
    ['with 128 stop sequences', { stop_sequence: Array.from({ length: 128 }, (_, at) => `${at}`) }], ['with 2000 characters to stop at', { stop_sequence: ['x'.repeat(2000)] }],
  ])('%s is accepted', (_what, params) => expect(refusalOf({ ...draft(), params })).toBeUndefined());
  it('overflows by the assumed lengths where it is silent', () => {
    expect(refusalOf({ ...draft(), params: { max_context_length: 79 } })).toBe('TokenOverflow');
    expect(refusalOf({ ...draft(), params: { max_length: 2049 } })).toBe('TokenOverflow');
  });
});
