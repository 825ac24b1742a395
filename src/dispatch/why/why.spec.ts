import { describe, expect, it } from '@jest/globals';
import { SettableClock } from '../../../test/support/ports.js';
import { NOTES_MAX, PopJournal, WORKERS_MAX, type PopNote } from './pop-journal.js';
import { explained, shown, type Particulars } from './reasons.js';
import { summaryOf, type Circumstances } from './summary.js';
import { declaration } from '../../../test/support/request-facts.js';

const WORKER: Particulars = {
  kind: 'image', maxPixels: 262_144, maxLength: 512, maxContextLength: 2_048, extraSlow: false, speed: '0.3 megapixelsteps per second', wanted: ['Pony', 'Flux'],
};
const TOLD = [
  'models', 'worker_id', 'performance', 'nsfw', 'blacklist', 'untrusted', 'bridge_version', 'kudos', 'max_pixels', 'unsafe_ip', 'img2img', 'painting',
  'post-processing', 'lora', 'controlnet', 'step_count', 'max_length', 'max_context_length', 'matching_softprompt', 'max_tiles',
];

describe('a reason', () => {
  it('is explained with its count and with what to change', () => {
    expect(explained('lora', 12, WORKER)).toBe('12 requests need LoRA: start the worker with allow_lora.');
    expect(explained('lora', 1, WORKER)).toBe('1 request needs LoRA: start the worker with allow_lora.');
    expect(explained('models', 3, WORKER)).toBe('3 requests ask for models that this worker does not offer: the most wanted are Pony, Flux.');
    expect(explained('models', 3, { ...WORKER, kind: 'interrogation', wanted: [] })).toBe('3 requests ask for forms that this worker does not offer: offer more forms.');
    expect(explained('performance', 2, WORKER)).toContain('0.3 megapixelsteps per second');
    expect(explained('performance', 2, { ...WORKER, extraSlow: true })).toContain('extra_slow_worker');
  });

  it.each(TOLD)('%s has a sentence of its own, for one and for many', (reason) => {
    for (const count of [1, 7]) expect(explained(reason, count, WORKER)).toMatch(new RegExp(`^${count} request${count === 1 ? '' : 's'} \\w.*\\.$`));
    expect(explained(reason, 1, WORKER)).not.toBe(explained('unheard of', 1, WORKER).replace('unheard of', reason));
  });

  it('that is new is named', () => expect(explained('phase_of_moon', 2, WORKER)).toBe('2 requests are not for this worker: phase_of_moon.'));

  it('is shown when it met somebody, most first, and what is done in silence is not shown', () => {
    expect(shown({ nsfw: 1, lora: 5, maintenance: 9, secret: 9, stale: 9, img2img: 0, models: 5 })).toEqual([['lora', 5], ['models', 5], ['nsfw', 1]]);
  });
});

const note = (outcome: PopNote['outcome'], given: Partial<PopNote> = {}): PopNote => ({ atMs: 0, outcome, jobs: [], missed: 0, skipped: {}, ...given });
const HERE: Circumstances = { online: true, maintenance: false, unfinished: 5, forItsModels: 2 };

describe('the summary', () => {
  const skipped = note('nothing', { skipped: { lora: 1 }, missed: 1 });
  it.each<[string, readonly PopNote[], Partial<Circumstances>, RegExp]>([ // by descending precedence
    ['is maintenance first', [], { maintenance: true, online: false }, /in maintenance/],
    ['is absence next', [skipped], { online: false, unfinished: 0 }, /has not called/],
    ['knows that another node may have answered', [], { unfinished: 0 }, /another node/],
    ['counts the jobs of a worker that has work', [note('jobs', { jobs: ['a', 'b'] }), note('jobs', { jobs: ['c'] })], { unfinished: 0 }, /3 jobs in the last 2 calls/],
    ['says that nothing is asked for', [skipped], { unfinished: 0, forItsModels: 0 }, /Nothing is asked/],
    ['points to the reasons', [note('jobs', { jobs: ['a'] }), skipped], { forItsModels: 0 }, /none that this worker may serve/],
    ['says that others were faster', [note('nothing', { missed: 1, skipped: { secret: 3 } })], { forItsModels: 0 }, /took them first/],
    ['says that its models are not wanted', [note('nothing')], { forItsModels: 0 }, /nothing more waits for the models/],
    ['else says that it is next', [note('nothing')], {}, /gets the next request/],
  ])('%s', (_, notes, given, words) => expect(summaryOf(notes, { ...HERE, ...given })).toMatch(words));
});

describe('the journal of pops', () => {
  it('keeps the last twenty of a worker, with their times', () => {
    const clock = new SettableClock();
    const journal = new PopJournal(clock);
    expect(journal.of('w')).toEqual([]);
    for (let n = 0; n < NOTES_MAX + 5; n += 1) {
      journal.note('w', 'nothing', { missed: n });
      clock.pass(1_000);
    }
    expect(journal.of('w').map(({ missed }) => missed)).toEqual(Array.from({ length: NOTES_MAX }, (_, n) => n + 5));
    expect(journal.of('w')[1]!.atMs - journal.of('w')[0]!.atMs).toBe(1_000);
  });

  it('keeps what was declared in the last call of which nothing came, and of no earlier one', () => {
    const journal = new PopJournal(new SettableClock());
    const [first, second] = [declaration({ maxPixels: 262_144 }), declaration({ maxPixels: 1_048_576 })];
    journal.note('w', 'nothing', { declaration: first });
    journal.note('w', 'jobs', { jobs: ['j'] });
    expect(journal.declaredIn('w')).toBe(first);
    journal.note('w', 'nothing', { declaration: second });
    expect(journal.declaredIn('w')).toBe(second);
    expect(JSON.stringify(journal.of('w'))).not.toContain('maxPixels');
    expect(journal.declaredIn('another')).toBeUndefined();
  });

  it('forgets the worker that has been silent longest, and no other', () => {
    const journal = new PopJournal(new SettableClock());
    for (let n = 0; n < WORKERS_MAX; n += 1) journal.note(`w${n}`, 'nothing');
    journal.note('w0', 'jobs', { jobs: ['j'] });
    journal.note('one more', 'nothing');
    expect([journal.of('w0').length, journal.of('w1').length, journal.of('w2').length, journal.of('one more').length]).toEqual([2, 0, 1, 1]);
  });
});
