import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Timers } from '../kernel/clock.js';
import { listenerOf, type Listener } from '../platform/http/listener.js';
import type { RequestKind } from '../requests/request.events.js';
import { Pricing } from '../pricing/pricing.js';
import { WorkerRegistry } from '../workers/registry.message.js';
import { LiveQueue, matcherOf, type AnyWorkerFacts } from './live-queue.message.js';
import { Waiting } from './waiting.js';
import { matchSignature } from './live-queue/match-signature.js';
import type { PoppingWorker, QueuedRequest } from './live-queue/queue-row.js';

/** How long a pop may wait, and whether anybody still listens. */
export interface Patience extends Listener {
  readonly waitMs: number;
}

export const patienceOf = ({ wait }: { readonly wait: number }, reply: FastifyReply): Patience => listenerOf(reply, { waitMs: wait * 1_000 });

export const AT_ONCE: Patience = { waitMs: 0, isGone: false, gone: new AbortController().signal, resting: (wait) => wait, ifUnheard: () => undefined };

/** What a look at the queue came to. */
export interface Looked<Answer> {
  readonly found: boolean;
  /** There is nothing to wait for any more. */
  readonly isLast?: boolean;
  readonly answer: Answer;
}

/** Who waits. */
export interface Visit {
  readonly owner: number;
  readonly id: string;
  /** As the worker is now. */
  readonly view: () => PoppingWorker<AnyWorkerFacts>;
}

/** More of them are answered at once, as if they had not asked to wait: each holds a connection and some 20 kB. */
export const WAITING_MAX = 5_000;
/** Of one owner: two calls of each of the 21 workers that a trusted owner may have (horde-rules §7.1), and some. */
export const WAITING_OF_OWNER_MAX = 50;
/** In one wait. A worker that keeps refusing what it could serve by its declaration (words in prompts) looks at no more, and is answered at its time. */
export const CALLS_IN_VAIN_MAX = 10;

/** Kinds of requests, by all that matching reads of them, of which it is remembered who cannot serve them. */
const SIGNATURES_MAX = 256;

type End = 'late' | 'gone' | 'stopped';

/** One pop that waits. */
interface Waiter extends Visit {
  /** As of its last change. */
  worker: PoppingWorker<AnyWorkerFacts>;
  /** In the order of their coming. */
  readonly place: number;
  /** For which request it looks at the queue, or is about to. */
  call: string | undefined;
  /** Requests that it was called for and did not take. */
  readonly refused: Set<string>;
  end: End | undefined;
  /** Its worker is not what it was when it last looked. */
  isChanged: boolean;
  /** While it rests. */
  wake: (() => void) | undefined;
}

/**
 * Pops that wait for a job, in the order in which they came. The queue tells what has become free; of those who may serve it, as
 * many are called as there are jobs, the first first, and each looks at the whole queue as any pop does. One that finds nothing
 * rests again at its place, and the next one is called.
 */
@Injectable()
export class WaitingWorkers {
  readonly #match;
  readonly #waiters: Readonly<Record<RequestKind, Waiting<Waiter>>> = { image: new Waiting(), text: new Waiting(), alchemy: new Waiting() };
  readonly #ofOwner = new Map<number, number>();
  readonly #ofWorker = new Map<string, Set<Waiter>>();
  /** Calls that are not answered yet, by request. */
  readonly #calls = new Map<string, number>();
  readonly #freed = new Map<string, { isRenewed: boolean }>();
  readonly #unable = new Map<string, WeakSet<Waiter['worker']>>();
  #places = 0;
  #isStopped = false;

  constructor(private readonly queue: LiveQueue, private readonly timers: Timers, pricing: Pricing, registry: WorkerRegistry) {
    this.#match = matcherOf(pricing.reference);
    registry.onChange((worker) => { this.#change(worker); });
    queue.onFree((request, isRenewed) => {
      if (this.size > 0) this.#look(request, isRenewed);
    });
  }

  get size(): number {
    const { image, text, alchemy } = this.#waiters;
    return image.all.size + text.all.size + alchemy.all.size;
  }

  /**
   * Looks for a job, and again whenever it is called or its worker has changed, until something is found, the time is over or nobody
   * listens. What `look` throws is the answer, too: that its worker is in maintenance now.
   */
  async until<Answer>(patience: Patience, visit: Visit, look: (isFirst: boolean) => Promise<Looked<Answer>>): Promise<Answer> {
    const { waitMs } = patience;
    if (waitMs <= 0 || !this.#mayWait(visit)) return (await look(true)).answer;
    const { gone } = patience;
    const waiter = this.#enter(visit);
    const left = new AbortController();
    const end = (how: End) => (): void => { this.#end(waiter, how); };
    const hangUp = end('gone');
    gone.addEventListener('abort', hangUp);
    void this.timers.sleep(waitMs, left.signal).then(end('late'), () => undefined); // it has left in time
    try {
      for (let isFirst = true; ; isFirst = false) {
        const call = isFirst ? undefined : waiter.call;
        waiter.isChanged = false;
        const looked = await look(isFirst);
        const { answer } = looked;
        if (isAnswered(looked) || waiter.end !== undefined || gone.aborted) return answer;
        if (call !== undefined) this.#inVain(waiter, call);
        await patience.resting(this.#rest(waiter));
        if (isOver(waiter)) return answer; // otherwise it is called, or it looks for the last time
      }
    } finally {
      left.abort();
      gone.removeEventListener('abort', hangUp);
      this.#leave(waiter);
    }
  }

  /** The server stops: whoever waits is told that there is nothing, and nobody waits any more. */
  stop(): void {
    this.#isStopped = true;
    for (const { all } of Object.values(this.#waiters)) for (const waiter of all) this.#end(waiter, 'stopped');
  }

  #mayWait({ owner }: Visit): boolean {
    return !this.#isStopped && this.size < WAITING_MAX && (this.#ofOwner.get(owner) ?? 0) < WAITING_OF_OWNER_MAX;
  }

  /** Before its first look, so that nothing that becomes free meanwhile is missed. */
  #enter(visit: Visit): Waiter {
    const waiter: Waiter = { ...visit, worker: visit.view(), place: this.#places++, call: undefined, refused: new Set(), end: undefined, isChanged: false, wake: undefined };
    this.#waiters[waiter.worker.kind].add(waiter);
    this.#ofWorker.set(visit.id, (this.#ofWorker.get(visit.id) ?? new Set()).add(waiter));
    this.#ofOwner.set(visit.owner, (this.#ofOwner.get(visit.owner) ?? 0) + 1);
    return waiter;
  }

  #leave(waiter: Waiter): void {
    this.#waiters[waiter.worker.kind].delete(waiter);
    const ofWorker = this.#ofWorker.get(waiter.id);
    ofWorker?.delete(waiter);
    if (ofWorker?.size === 0) this.#ofWorker.delete(waiter.id);
    const left = (this.#ofOwner.get(waiter.owner) ?? 1) - 1;
    if (left > 0) this.#ofOwner.set(waiter.owner, left);
    else this.#ofOwner.delete(waiter.owner);
    if (waiter.call !== undefined) this.#answered(waiter, waiter.call);
  }

  /** It is called for what it may serve now, and looks at once: there may be something for it, or nothing ever. */
  #change(worker: string): void {
    for (const waiter of this.#ofWorker.get(worker) ?? []) {
      this.#waiters[waiter.worker.kind].change(waiter, waiter.view());
      waiter.refused.clear();
      waiter.isChanged = true;
      waiter.wake?.();
    }
  }

  #end(waiter: Waiter, how: End): void {
    waiter.end ??= how;
    waiter.wake?.();
  }

  #rest(waiter: Waiter): Promise<void> {
    if (waiter.call !== undefined || waiter.end !== undefined || waiter.isChanged) return Promise.resolve();
    return new Promise((resolve) => {
      waiter.wake = () => {
        waiter.wake = undefined;
        resolve();
      };
    });
  }

  #inVain(waiter: Waiter, request: string): void {
    waiter.refused.add(request);
    this.#answered(waiter, request);
  }

  /** Whatever is still free of the request is the next one's: this one may have found something better. */
  #answered(waiter: Waiter, request: string): void {
    waiter.call = undefined;
    const calls = (this.#calls.get(request) ?? 1) - 1;
    if (calls > 0) this.#calls.set(request, calls);
    else this.#calls.delete(request);
    if (this.size > 0) this.#look(request, false);
  }

  /** A moment later, and once for all that happens in this one: the log's events come in batches. */
  #look(request: string, isRenewed: boolean): void {
    const known = this.#freed.get(request);
    if (known) known.isRenewed ||= isRenewed;
    else this.#freed.set(request, { isRenewed });
    if (this.#freed.size > 1 || known) return;
    queueMicrotask(() => {
      const freed = [...this.#freed];
      this.#freed.clear();
      for (const [each, renewal] of freed) this.#callFor(each, renewal.isRenewed);
    });
  }

  #callFor(request: string, isRenewed: boolean): void {
    const entry = this.queue.find(request);
    if (!entry) return;
    let free = entry.waiting - entry.reserved - (this.#calls.get(request) ?? 0);
    if (free <= 0) return;
    const unable = this.#unableFor(entry);
    for (const waiter of this.#waiters[entry.facts.kind].serving(entry.facts.models)) {
      if (free <= 0) return;
      if (isRenewed) waiter.refused.delete(request);
      if (!this.#isCallable(waiter, entry, unable)) continue;
      this.#calls.set(request, (this.#calls.get(request) ?? 0) + 1);
      waiter.call = request;
      waiter.wake?.();
      free -= 1;
    }
  }

  /** Of many that wait most may serve what comes next, or none may, and it looks like what came before. */
  #unableFor({ facts }: QueuedRequest): WeakSet<Waiter['worker']> {
    const signature = `${facts.kind} ${matchSignature(facts)}`;
    let unable = this.#unable.get(signature);
    if (unable) return unable;
    this.#unable.set(signature, (unable = new WeakSet()));
    if (this.#unable.size > SIGNATURES_MAX) this.#unable.delete(this.#unable.keys().next().value!);
    return unable;
  }

  #isCallable(waiter: Waiter, { request, facts }: QueuedRequest, unable: WeakSet<Waiter['worker']>): boolean {
    const { call, end, refused, worker } = waiter;
    if (call !== undefined || end !== undefined || refused.has(request) || refused.size >= CALLS_IN_VAIN_MAX) return false;
    // What is true of a stranger's request is true of all strangers' that look like it.
    const isStrangers = !worker.ownerIds.includes(facts.payer);
    if (isStrangers && unable.has(worker)) return false;
    const isAble = this.#match(facts, worker.facts) === undefined;
    if (isStrangers && !isAble) unable.add(worker);
    return isAble;
  }
}

const isAnswered = ({ found, isLast = false }: Looked<unknown>): boolean => found || isLast;

const isOver = ({ end }: Waiter): boolean => end === 'gone' || end === 'stopped';
