import { Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Ports } from '../../platform/ports.js';
import { OutboundFailed } from '../../platform/outbound/outbound.js';
import type { Strangers, StrangerLimits } from '../../platform/outbound/strangers.js';
import { ATTEMPTS_MAX, retryDelayMs, signatureOf, webhookSecret } from './webhook.js';
import type { ClaimedDelivery, DueDeliveries } from './due-deliveries.js';
import type { WebhookCounts } from './webhook-counts.js';
import { WebhookInbox } from './webhook-inbox.js';
import { WebhookMessages, type WebhookMessage } from './webhook-messages.js';

/** What the sender needs of the machine. */
export class SenderParts {
  constructor(readonly ports: Pick<Ports, 'clock' | 'ids' | 'secrets'>, readonly due: DueDeliveries, readonly counts: WebhookCounts, readonly machine: { readonly strangers: Strangers; readonly logger: Pick<Logger, 'info' | 'error'> }) {}
}

/** horde-api D.6 waits for three seconds; ours may be far away. No redirect is followed: nobody else was named. */
const LIMITS: StrangerLimits = { connectMs: 3_000, totalMs: 5_000, bytesMax: 0, redirectsMax: 0 };
/** Deliveries at a time in this process: in all, to one receiver, and for one caller, so that slow receivers hold only themselves up. */
const WORKING_MAX = 64;
const PER_HOST_MAX = 16;
const PER_CALLER_MAX = 16;
/** To a receiver that failed the last time. */
const PER_DOUBTFUL_HOST_MAX = 2;
/** Beyond so many nobody remembers who failed; the next failure tells again. */
const DOUBTFUL_MAX = 1_000;
/** Well beyond what one delivery takes: only a process that died, or stood still, lets it run out. */
const LEASE_MS = 60_000;
const LATER_MS = 1_000;
const PRUNE_MS = 60_000;
/** After a round that failed, as without PostgreSQL. */
const PAUSE_MS = 1_000;

interface UnderWay {
  readonly host: string;
  readonly caller: string;
  readonly givenUp: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Tells the senders of requests about delivered jobs, at least once each, at one process at a time (horde-rules §4.8). Nothing that a
 * client or a worker waits for waits for this.
 */
@Injectable()
export class WebhookSender {
  readonly #underWay = new Map<string, UnderWay>();
  readonly #doubtful = new Set<string>();
  #isStopped = false;
  #prunedMs = Number.NEGATIVE_INFINITY;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly inbox: WebhookInbox, private readonly messages: WebhookMessages, private readonly parts: SenderParts) {}

  /** Begins what is due and can be begun; returns how many. */
  async round(): Promise<number> {
    const { clock } = this.parts.ports;
    if (clock.monotonic() < this.#pausedUntilMs) return 0;
    try {
      return await this.#round();
    } catch (error) {
      this.#pausedUntilMs = clock.monotonic() + PAUSE_MS;
      throw error;
    }
  }

  async #round(): Promise<number> {
    const { ports: { clock }, due, counts } = this.parts;
    counts.dropped += (await this.inbox.round()).dropped;
    if (clock.monotonic() - this.#prunedMs >= PRUNE_MS) {
      counts.givenUp += await due.prune(clock.now());
      this.#prunedMs = clock.monotonic();
    }
    const max = WORKING_MAX - this.#underWay.size;
    if (max === 0 || this.#isStopped) return 0;
    const nowMs = clock.now();
    const claimed = await due.claim({
      nowMs, leaseUntilMs: nowMs + LEASE_MS, max, perHostMax: PER_HOST_MAX, perCallerMax: PER_CALLER_MAX, hosts: this.#workingAt(), callers: this.#workingFor(),
    });
    for (const each of claimed) this.#begin(each);
    return claimed.length;
  }

  /** What is under way is given back, so that whoever goes on can deliver it at once. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { givenUp } of this.#underWay.values()) givenUp.abort();
    await this.settled();
  }

  /** Resolves when nothing that was begun is under way any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#underWay.values()].map(({ ended }) => ended));
  }

  #workingAt(): ReadonlyMap<string, number> {
    const counts = counted([...this.#underWay.values()].map(({ host }) => host));
    for (const host of this.#doubtful) counts.set(host, (counts.get(host) ?? 0) + PER_HOST_MAX - PER_DOUBTFUL_HOST_MAX);
    return counts;
  }

  #workingFor(): ReadonlyMap<string, number> {
    return counted([...this.#underWay.values()].map(({ caller }) => caller));
  }

  #begin(claimed: ClaimedDelivery): void {
    const { job, host, caller } = claimed;
    const givenUp = new AbortController(); // of its own: a signal that lives as long as the process would collect them
    const ended = this.#deliver(claimed, givenUp.signal)
      .catch((error: unknown) => { this.parts.machine.logger.error({ err: error, job }, 'a webhook could not be delivered and will be tried again'); }) // when its lease ends
      .finally(() => {
        this.#underWay.delete(job);
        this.parts.counts.working = this.#underWay.size;
      });
    this.#underWay.set(job, { host, caller, givenUp, ended });
    this.parts.counts.working = this.#underWay.size;
  }

  async #deliver(claimed: ClaimedDelivery, signal: AbortSignal): Promise<void> {
    const { due, counts, ports: { clock } } = this.parts;
    const message = await this.messages.of(claimed);
    if (message === 'gone') return due.remove(claimed);
    if (message === 'later') return due.giveBack(claimed, clock.now() + LATER_MS);
    const isDelivered = await this.#isTaken(claimed, message, signal);
    if (isDelivered) {
      this.#doubtful.delete(claimed.host);
      counts.delivered += 1;
      return due.remove(claimed);
    }
    if (signal.aborted) return due.giveBack(claimed, clock.now());
    return this.#failed(claimed);
  }

  /** horde-api D.6: any 2xx or 3xx. */
  async #isTaken({ job, request, attempts }: ClaimedDelivery, { url, body }: WebhookMessage, signal: AbortSignal): Promise<boolean> {
    const { ports: { clock, secrets }, machine: { strangers } } = this.parts;
    const headers = {
      'content-type': 'application/json', 'x-horde-delivery': job, 'x-horde-attempt': String(attempts),
      'x-horde-signature': signatureOf(webhookSecret(secrets, request), body, clock.now()),
    };
    try {
      const { status } = await strangers.call({ url, headers, body }, LIMITS, signal);
      return status >= 200 && status < 400;
    } catch (error) {
      if (error instanceof OutboundFailed) return false;
      throw error;
    }
  }

  async #failed(claimed: ClaimedDelivery): Promise<void> {
    const { due, counts, ports: { clock, ids }, machine: { logger } } = this.parts;
    if (this.#doubtful.size >= DOUBTFUL_MAX) this.#doubtful.clear();
    this.#doubtful.add(claimed.host);
    if (claimed.attempts < ATTEMPTS_MAX) {
      counts.failed += 1;
      return due.postpone(claimed, clock.now() + retryDelayMs(claimed.attempts, ids.random()));
    }
    counts.givenUp += 1;
    logger.info({ job: claimed.job, attempts: claimed.attempts }, 'a webhook was given up');
    return due.remove(claimed);
  }
}

const counted = (names: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};
