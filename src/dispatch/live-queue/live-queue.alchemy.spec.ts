import { describe, expect, it } from '@jest/globals';
import { alchemyFacts, declaration } from '../../../test/support/request-facts.js';
import type { Recorded } from '../../kernel/event.js';
import { kudos } from '../../kernel/kudos.js';
import type { FormFacts } from '../../pricing/job-features.js';
import type { RequestEvent } from '../../requests/request.events.js';
import { alchemyMatch } from '../matching/alchemy-match.js';
import type { AlchemyNeeds, AlchemyWorkerFacts } from '../matching/facts.js';
import { alchemyWorkerFacts } from '../matching/worker-facts.js';
import { loadReference } from '../../reference/load-reference.js';
import { LiveQueue } from './live-queue.js';
import { matchFacets } from './match-facets.js';
import { recorded, START_MS } from './naive-queue.fixture.js';
import type { PoppingWorker } from './queue-row.js';

const second = (seconds: number): string => new Date(START_MS + seconds * 1_000).toISOString();
const form = (name: string, controlType?: string): FormFacts => ({ form: name, ...(controlType ? { controlType } : {}), price: kudos(1), debit: kudos(3) });

const queueOf = (): LiveQueue<AlchemyWorkerFacts> =>
  new LiveQueue({ match: (facts, worker) => alchemyMatch(facts as typeof facts & AlchemyNeeds, worker), facets: matchFacets(loadReference()) });
const workerWith = (models: readonly string[], parts: { maxTiles?: number; trusted?: boolean; speed?: number } = {}): PoppingWorker<AlchemyWorkerFacts> => ({
  kind: 'alchemy', models, ownerIds: [99], facts: alchemyWorkerFacts(declaration({ models, maxTiles: parts.maxTiles ?? 80 }), {
    worker: 'w', owner: 99, ownerTrusted: parts.trusted ?? false, maintenance: false, stale: false, speed: parts.speed ?? 1, prioritised: new Set(), requireUpfrontKudos: false, blacklist: [],
  }),
});

/** Plays a request's stream into a queue. */
class Story {
  private revision = 0;
  constructor(private readonly queue: { apply(event: Recorded): void }, readonly request: string) {}
  accept(forms: readonly FormFacts[], parts: Partial<Parameters<typeof alchemyFacts>[0]> = {}, tiles = 4): this {
    return this.add({ type: 'RequestAccepted.v1', data: alchemyFacts({ request: this.request, payer: 7, acceptedAt: second(0), ...parts }, forms, tiles) });
  }
  assign(job: string, index: number): this {
    return this.add({ type: 'JobAssigned.v1', data: { request: this.request, job, worker: 'w', owner: 99, model: 'm', ttlS: 180, extraSlow: false, assignedAt: second(1), form: index, ownerTrusted: true } });
  }
  fault(job: string, index: number, final = false): this {
    return this.add({ type: 'JobFaulted.v1', data: { request: this.request, job, worker: 'w', faultedAt: second(2), form: index, ...(final ? { final: true as const } : {}) } });
  }
  add(event: RequestEvent): this {
    this.queue.apply(recorded(this.request, this.revision++, event));
    return this;
  }
}
const found = (queue: LiveQueue<AlchemyWorkerFacts>, worker: PoppingWorker<AlchemyWorkerFacts>): string[] => [...queue.candidates(worker, 100)].map(({ request }) => request);

describe('an alchemy request in the queue', () => {
  it('is found by what its waiting forms ask for, as they are handed out and come back', () => {
    const queue = queueOf();
    const story = new Story(queue, 'r').accept([form('caption'), form('annotation', 'canny'), form('nsfw')]);
    const [captioner, annotator, sketcher] = [workerWith(['caption']), workerWith(['annotation/canny']), workerWith(['annotation/scribble'])];
    expect([captioner, annotator, sketcher].map((worker) => found(queue, worker))).toEqual([['r'], ['r'], []]);
    story.assign('a', 0);
    expect([captioner, annotator].map((worker) => found(queue, worker))).toEqual([[], ['r']]);
    expect([...queue.find('r')!.waitingForms]).toEqual([1, 2]);
    story.fault('a', 0);
    expect(found(queue, captioner)).toEqual(['r']);
    story.assign('b', 0).fault('b', 0, true);
    expect(found(queue, captioner)).toEqual([]);
    expect(queue.totals('alchemy')).toEqual({ requests: 1, jobs: 2, things: 2 });
  });

  it.each<[string, Partial<Parameters<typeof alchemyFacts>[0]>, PoppingWorker<AlchemyWorkerFacts>, Record<string, number>]>([
    ['max_tiles', {}, workerWith(['caption'], { maxTiles: 3 }), { max_tiles: 1 }],
    ['untrusted', { trustedWorkers: true }, workerWith(['caption']), { untrusted: 1 }],
    ['performance', { slowWorkers: false }, workerWith(['caption'], { speed: 10 }), { performance: 1 }],
    ['models', {}, workerWith(['palette']), { models: 1 }],
  ])('is skipped for %s', (_, parts, worker, skipped) => {
    const queue = queueOf();
    new Story(queue, 'r').accept([form('caption')], parts);
    expect([found(queue, worker), queue.skippedCounts(worker)]).toEqual([[], skipped]);
    expect(found(queue, workerWith(['caption'], { trusted: true, speed: 9.9 }))).toEqual(['r']);
  });

  it('counts forms that wait and forms at workers, of a payer and of all anonymous users', () => {
    const queue = queueOf();
    new Story(queue, 'mine').accept([form('caption'), form('nsfw')]).assign('a', 0);
    for (const request of ['one', 'two']) new Story(queue, request).accept([form('caption'), form('palette')], { payer: 0 }).assign(`of ${request}`, 0);
    expect([queue.unfinishedJobsOf(7, 'alchemy'), queue.unfinishedJobsOf(0, 'alchemy'), queue.unfinishedJobsOf(7, 'image')]).toEqual([2, 4, 0]);
  });

  it('is the same after a restart from its rows', () => {
    const queue = queueOf();
    new Story(queue, 'r').accept([form('caption'), form('nsfw'), form('palette')]).assign('a', 0).assign('b', 1).fault('b', 1, true);
    const again = queueOf();
    again.load(queue.rows());
    expect([...again.find('r')!.waitingForms]).toEqual([2]);
    expect(again.job('a')).toMatchObject({ form: 0 });
    for (const models of [['caption'], ['nsfw'], ['palette']]) expect(found(again, workerWith(models))).toEqual(found(queue, workerWith(models)));
    expect([again.totals('alchemy'), again.find('r')!.key]).toEqual([queue.totals('alchemy'), queue.find('r')!.key]);
  });

  it('without forms is in nobody\'s way', () => {
    const queue = queueOf();
    const story = new Story(queue, 'r').accept([]);
    expect([found(queue, workerWith(['caption'])), queue.rankOf('r')]).toEqual([[], { position: 0, thingsAhead: 0, jobsAhead: 0 }]);
    story.add({ type: 'RequestCompleted.v1', data: { request: 'r', payer: 7, outcome: 'faulted', submitted: [], completedAt: second(0) } });
    expect(queue.find('r')).toBe(undefined);
  });
});
