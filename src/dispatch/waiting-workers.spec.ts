import { describe, expect, it } from '@jest/globals';
import { ManualTimers } from '../../test/support/ports.js';
import { declaration, imageFacts } from '../../test/support/request-facts.js';
import type { Recorded } from '../kernel/event.js';
import { PRICE_POLICY_1 } from '../pricing/price-policy.js';
import { Pricing } from '../pricing/pricing.js';
import { loadReference } from '../reference/load-reference.js';
import type { RequestEvent } from '../requests/request.events.js';
import { WorkerRegistry } from '../workers/registry.message.js';
import { LiveQueue } from './live-queue.message.js';
import { imageWorkerFacts } from './matching/worker-facts.js';
import { CALLS_IN_VAIN_MAX, WAITING_OF_OWNER_MAX, WaitingWorkers } from './waiting-workers.js';

const AT = '2026-03-01T12:00:00.000Z';
const pricing = new Pricing(PRICE_POLICY_1, loadReference());
const { reference } = pricing;
/** Everything that promises can do before the test goes on. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

interface Waiter {
  readonly got: Promise<string | undefined>;
  /** It serves these from now on. */
  readonly become: (models: readonly string[], isWithdrawn?: boolean) => void;
  readonly hangUp: () => void;
}

/** A queue that hands out in its order, and workers that wait for it. */
class Scene {
  readonly queue = new LiveQueue({ queue: () => Promise.resolve({ position: 0, rows: [], served: new Map() }) }, reference, { fairShare: 0, fairAges: false, fairBatches: false, anonymousLimits: false });
  readonly timers = new ManualTimers();
  readonly registry = new WorkerRegistry({ workers: () => Promise.resolve({ position: 0, rows: [] }) });
  readonly waiting = new WaitingWorkers(this.queue, this.timers, pricing, this.registry);
  #changes = 0;
  /** Each look at the queue: who, and what it found. */
  readonly looks: [worker: string, found: string | undefined][] = [];
  readonly #revisions = new Map<string, number>();

  apply(request: string, event: RequestEvent): void {
    const revision = (this.#revisions.get(request) ?? -1) + 1;
    this.#revisions.set(request, revision);
    this.queue.apply({ stream: `request-${request}`, revision, position: revision, id: `${request}/${revision}`, type: event.type, data: event.data, metadata: {} as Recorded['metadata'] });
  }
  accept(request: string, jobs = 1, models = ['stable_diffusion'], payer = 7): void {
    this.apply(request, { type: 'RequestAccepted.v1', data: imageFacts({ request, payer, acceptedAt: AT, jobs, models }) });
  }
  assign(request: string, job: string): void {
    this.apply(request, { type: 'JobAssigned.v1', data: { request, job, worker: 'w', owner: 3, model: 'stable_diffusion', ttlS: 150, extraSlow: false, assignedAt: AT } });
  }

  /** A worker that waits for 25 seconds; it takes nothing of the requests that it dislikes. */
  worker(name: string, { owner = 3, models = ['stable_diffusion'], dislikes = [] as string[], maintenance = false } = {}): Waiter {
    const connection = new AbortController();
    const viewOf = (served: readonly string[], isWithdrawn: boolean) => {
      const standing = {
        worker: name, owner, ownerTrusted: true, maintenance: isWithdrawn, stale: false, speed: 1_000_000, prioritised: new Set<number>(), requireUpfrontKudos: false, blacklist: [],
      };
      return { kind: 'image' as const, models: served, ownerIds: [owner], facts: imageWorkerFacts(declaration({ models: [...served] }), standing, reference) };
    };
    let worker = viewOf(models, maintenance);
    const become = (served: readonly string[], isWithdrawn = false): void => {
      worker = viewOf(served, isWithdrawn);
      const data = { worker: name, on: isWithdrawn, message: null, changedAt: AT };
      this.registry.apply({ stream: `worker-${name}`, revision: this.#changes++, position: 0, id: '', type: 'MaintenanceChanged.v1', data, metadata: {} as Recorded['metadata'] });
    };
    const got = this.waiting.until<string | undefined>({ waitMs: 25_000, isGone: false, gone: connection.signal, resting: (wait) => wait, ifUnheard: () => undefined }, { owner, id: name, view: () => worker }, async () => {
      const next = connection.signal.aborted ? undefined : [...this.queue.candidates(worker, 10)].map(({ request }) => request).find((request) => !dislikes.includes(request));
      const reservation = next === undefined ? undefined : this.queue.reserve(next, 1, [`${next} of ${name}`]);
      this.looks.push([name, reservation && next]);
      await Promise.resolve(); // the log's answer
      if (reservation) this.assign(next!, `${next!} of ${name}`);
      reservation?.release();
      return { found: reservation !== undefined, answer: reservation && next };
    });
    return { got, become, hangUp: () => { connection.abort(); } };
  }
}

describe('workers that wait', () => {
  it('are called as many as there are jobs, in the order in which they came', async () => {
    const scene = new Scene();
    const workers = ['a', 'b', 'c', 'd'].map((name) => scene.worker(name));
    await settled();
    scene.looks.length = 0;
    scene.accept('r', 2);
    expect(await Promise.all(workers.slice(0, 2).map(({ got }) => got))).toEqual(['r', 'r']);
    await settled();
    expect(scene.looks).toEqual([['a', 'r'], ['b', 'r']]);
    expect(scene.waiting.size).toBe(2);
  });

  it('are not called for what they cannot do', async () => {
    const scene = new Scene();
    const [painter, other] = [scene.worker('painter', { models: ['Deliberate'] }), scene.worker('other')];
    await settled();
    scene.accept('r');
    expect(await other.got).toBe('r');
    scene.accept('any', 1, []);
    expect(await painter.got).toBe('any');
    expect(scene.looks.filter(([name]) => name === 'painter')).toEqual([['painter', undefined], ['painter', 'any']]);
  });

  it('are called for their owners\' requests, although they cannot serve a stranger\'s of the same kind', async () => {
    const scene = new Scene();
    const worker = scene.worker('withdrawn', { maintenance: true });
    await settled();
    scene.accept('stranger\'s');
    await settled();
    scene.accept('another\'s');
    await settled();
    expect(scene.looks).toEqual([['withdrawn', undefined]]);
    scene.accept('own', 1, ['stable_diffusion'], 3);
    expect(await worker.got).toBe('own');
  });

  it('leave what they do not want to the next one, and wait on at their place', async () => {
    const scene = new Scene();
    const [picky, plain] = [scene.worker('picky', { dislikes: ['r'] }), scene.worker('plain')];
    await settled();
    scene.accept('r');
    expect(await plain.got).toBe('r');
    scene.accept('s');
    expect(await picky.got).toBe('s');
  });

  it('that change look at once, and are called for what they serve now, at their place', async () => {
    const scene = new Scene();
    const [turncoat, painter, later] = [scene.worker('turncoat'), scene.worker('painter', { models: ['Deliberate'] }), scene.worker('later', { models: ['Deliberate'] })];
    await settled();
    scene.looks.length = 0;
    turncoat.become(['Deliberate', 'Dreamshaper']);
    await settled();
    expect(scene.looks).toEqual([['turncoat', undefined]]);
    scene.accept('old');
    await settled();
    expect(scene.looks).toHaveLength(1);
    for (const [request, worker] of [['r', turncoat], ['s', painter], ['t', later]] as const) {
      scene.accept(request, 1, ['Deliberate']);
      expect(await worker.got).toBe(request);
    }
    expect(scene.waiting.size).toBe(0);
  });

  it('that change while there is something for them find it, and what they had refused as well', async () => {
    const scene = new Scene();
    const dislikes = ['r'];
    const worker = scene.worker('w', { dislikes });
    scene.accept('s', 1, ['Deliberate']);
    scene.accept('r');
    await settled();
    dislikes.length = 0;
    worker.become(['Deliberate']);
    expect(await worker.got).toBe('s');
    const withdrawn = scene.worker('v', { maintenance: true });
    await settled();
    withdrawn.become(['stable_diffusion']);
    expect(await withdrawn.got).toBe('r');
  });

  it('are called again for a job that came back', async () => {
    const scene = new Scene();
    const [first, second] = [scene.worker('first'), scene.worker('second')];
    await settled();
    scene.accept('r');
    expect(await first.got).toBe('r');
    scene.apply('r', { type: 'JobFaulted.v1', data: { request: 'r', job: 'r of first', worker: 'first', faultedAt: AT } });
    expect(await second.got).toBe('r');
  });

  it('are called for slots that were reserved and then not used', async () => {
    const scene = new Scene();
    scene.accept('r');
    const reservation = scene.queue.reserve('r', 1)!;
    const worker = scene.worker('w');
    await settled();
    expect(scene.waiting.size).toBe(1);
    reservation.release();
    expect(await worker.got).toBe('r');
  });

  it('miss nothing that comes while they look for the first time', async () => {
    const scene = new Scene();
    const worker = scene.worker('w');
    scene.accept('r'); // it has looked, and does not wait yet
    expect(await worker.got).toBe('r');
  });

  it('look once more when their time is over, and then are told that there is nothing', async () => {
    const scene = new Scene();
    const worker = scene.worker('w');
    await settled();
    expect(scene.timers.sleepers).toEqual([25_000]);
    scene.timers.wakeAll();
    expect(await worker.got).toBeUndefined();
    expect([scene.looks.length, scene.waiting.size]).toEqual([2, 0]);
  });

  it('take nothing any more once they have hung up: the job is the next one\'s', async () => {
    const scene = new Scene();
    const [gone, here] = [scene.worker('gone'), scene.worker('here')];
    await settled();
    gone.hangUp();
    scene.accept('r');
    expect([await gone.got, await here.got]).toEqual([undefined, 'r']);
  });

  it('hang up after the call and before the look: the call goes on to the next one', async () => {
    const scene = new Scene();
    const [gone, here] = [scene.worker('gone'), scene.worker('here')];
    await settled();
    scene.accept('r');
    queueMicrotask(() => { gone.hangUp(); });
    expect([await gone.got, await here.got]).toEqual([undefined, 'r']);
  });

  it('are answered at once when the server stops, and after that nobody waits', async () => {
    const scene = new Scene();
    const workers = [scene.worker('a'), scene.worker('b')];
    await settled();
    scene.waiting.stop();
    expect(await Promise.all(workers.map(({ got }) => got))).toEqual([undefined, undefined]);
    expect(await scene.worker('late').got).toBeUndefined();
    expect(scene.looks).toHaveLength(3);
  });

  it('are so many of one owner and no more: the rest is answered at once', async () => {
    const scene = new Scene();
    const many = Array.from({ length: WAITING_OF_OWNER_MAX }, (_, index) => scene.worker(`w${index}`));
    await settled();
    expect(await scene.worker('one too many').got).toBeUndefined();
    const stranger = scene.worker('stranger', { owner: 4 });
    await settled();
    expect(scene.waiting.size).toBe(WAITING_OF_OWNER_MAX + 1);
    scene.waiting.stop();
    await Promise.all([...many, stranger].map(({ got }) => got));
    expect(scene.waiting.size).toBe(0);
  });

  it('that keep refusing are not called for ever', async () => {
    const scene = new Scene();
    const names = Array.from({ length: CALLS_IN_VAIN_MAX + 5 }, (_, index) => `r${index}`);
    const picky = scene.worker('picky', { dislikes: names });
    for (const name of names) {
      scene.accept(name);
      await settled();
    }
    expect(scene.looks).toHaveLength(1 + CALLS_IN_VAIN_MAX);
    scene.timers.wakeAll();
    expect(await picky.got).toBeUndefined();
  });
});
