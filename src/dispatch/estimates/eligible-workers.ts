import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import type { RequestFacts } from '../../requests/request.events.js';
import { WorkerRegistry, type KnownWorker } from '../../workers/registry.message.js';
import { matchSignature } from '../live-queue/match-signature.js';
import { Matcher, type Servable } from '../matcher.js';
import { OnlineSummaries, serving } from '../online-workers.js';

/** A verdict on who may serve is asked anew after this long; the published rule allows 60 s (horde-api-since-5.1.5 §5.4). */
const FRESH_MS = 10_000;
/** "Nobody" is asked anew as soon as this: it is cheap, and good news should not wait. */
const NOBODY_FRESH_MS = 1_000;
/** Kinds of request remembered: more than a queue of a hundred thousand has at once. */
const REMEMBERED_MAX = 10_000;
/** Questions to the matcher within one rehearsal, some five milliseconds of them; beyond it the offered models decide alone. */
const QUESTIONS_MAX = 5_000;

interface Verdict {
  readonly atMs: number;
  readonly arrivals: number;
  readonly workers: readonly KnownWorker[];
}

/** Which of the workers that are here may serve a request, as dispatch decides it. Requests that match alike share an answer. */
@Injectable()
export class EligibleWorkers {
  readonly #verdicts = new Map<string, Verdict>();
  /** Facts are kept as one object as long as their request is in the queue. */
  readonly #keys = new WeakMap<RequestFacts, string>();

  constructor(readonly online: OnlineSummaries, readonly registry: WorkerRegistry, private readonly matcher: Matcher, private readonly clock: Clock) {}

  of(facts: RequestFacts): readonly KnownWorker[] {
    return this.#fresh(this.keyOf(facts)) ?? this.#ask(facts);
  }

  /** Whether there is one; also of a request that is only being asked for. */
  any(facts: Servable): boolean {
    return this.matcher.asking(facts, (mayServe) => serving(this.online.of(facts.kind), facts.models).some(mayServe));
  }

  /** As `of` for each that it is asked about, until that has become too much work; from then on by models, if nothing better is remembered. */
  roughly(): (facts: RequestFacts) => readonly KnownWorker[] {
    let left = QUESTIONS_MAX;
    return (facts) => {
      const known = this.#fresh(this.keyOf(facts));
      if (known) return known;
      const offering = serving(this.online.of(facts.kind), facts.models);
      if (left < offering.length) return this.#verdicts.get(this.keyOf(facts))?.workers ?? offering;
      left -= offering.length;
      return this.#ask(facts);
    };
  }

  /** Requests with the same key are matched alike by everybody. Who has workers of their own is served by them where others are not. */
  keyOf(facts: RequestFacts): string {
    const known = this.#keys.get(facts);
    if (known !== undefined) return known;
    const owner = this.registry.countOf(facts.payer) > 0 ? facts.payer : '';
    const key = `${facts.kind}|${owner}|${JSON.stringify(facts.models)}|${matchSignature(facts)}`;
    this.#keys.set(facts, key);
    return key;
  }

  #fresh(key: string): readonly KnownWorker[] | undefined {
    const known = this.#verdicts.get(key);
    if (!known) return undefined;
    const ageMs = this.clock.monotonic() - known.atMs;
    if (known.workers.length > 0) return ageMs < FRESH_MS ? known.workers : undefined;
    return ageMs < NOBODY_FRESH_MS && known.arrivals === this.registry.arrivals ? known.workers : undefined;
  }

  #ask(facts: RequestFacts): readonly KnownWorker[] {
    const key = this.keyOf(facts);
    const workers = this.matcher.asking(facts, (mayServe) => serving(this.online.of(facts.kind), facts.models).filter(mayServe));
    this.#verdicts.delete(key);
    this.#verdicts.set(key, { atMs: this.clock.monotonic(), arrivals: this.registry.arrivals, workers });
    if (this.#verdicts.size > REMEMBERED_MAX) this.#verdicts.delete(this.#verdicts.keys().next().value!);
    return workers;
  }
}
