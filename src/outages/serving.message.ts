import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { Commanding } from '../platform/commanding/commanding.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { OUTAGE_MIN_MS } from './outage.decider.js';
import { OnOutages } from './outage.message.js';
import { Outages } from './outages.message.js';
import { ProcessPauses } from './process-pauses.js';
import { ServedUntil } from './served-until.js';

const CATCH_UP_MAX_MS = 1_000;

@Injectable()
export class ServingParts {
  constructor(readonly ports: Ports, readonly commanding: Commanding, readonly pauses: ProcessPauses) {}
}

/**
 * Knows whether the horde serves, and records when it did not (ADR 0029): with every heartbeat a node writes down that it can
 * reach log and database. A node that comes back finds there when anybody could do so last.
 */
@Injectable()
export class Serving {
  /** Something kept this node from serving since its last heartbeat, or it has just begun: perhaps the others, too. */
  #isDoubtful = true;
  #confirming: Promise<void> | undefined;

  constructor(
    private readonly commands: CommandBus, private readonly outages: Outages, private readonly servedUntil: ServedUntil, private readonly parts: ServingParts,
  ) {}

  /** At start, before anything is due: what others have recorded, and the outage that this start ends. */
  async begin(): Promise<void> {
    await this.#ask({ type: 'ReadOutages' });
    await this.confirm();
  }

  /**
   * This node serves, and knows every outage that has ended. Whoever takes something away because time has passed asks this first.
   * @throws Error log or database cannot be reached @throws RetryLater the views lag
   */
  confirm(): Promise<void> {
    this.#confirming ??= this.#beat().finally(() => (this.#confirming = undefined));
    return this.#confirming;
  }

  /** A clean end: the outage begins now, and not at the last heartbeat. */
  async end(): Promise<void> {
    if (!this.#isDoubtful) await this.servedUntil.write(this.parts.ports.clock.now());
  }

  async #beat(): Promise<void> {
    this.#isDoubtful ||= this.parts.pauses.wasPaused();
    try {
      const wasRecorded = this.#isDoubtful && (await this.#recordOutage());
      const { feed, clock } = this.parts.ports;
      const head = await feed.head();
      if (!(await feed.waitFor(head, CATCH_UP_MAX_MS))) throw new RetryLater('the views are catching up with the log');
      // A log that can be read and takes no writes is of no use to a worker. What is recorded then proves that it does again.
      this.#isDoubtful = !wasRecorded && this.parts.commanding.counts.isRefusedByLog;
      if (!this.#isDoubtful) await this.servedUntil.write(clock.now());
    } catch (error) {
      this.#isDoubtful ||= !(error instanceof RetryLater);
      throw error;
    }
  }

  /** The event before the heartbeat: who finds a fresh heartbeat also finds the event. */
  async #recordOutage(): Promise<boolean> {
    const until = this.parts.ports.clock.now();
    const from = await this.servedUntil.read();
    if (from === undefined || until - from < OUTAGE_MIN_MS) return false;
    await this.#ask({ type: 'RecordOutage', from: iso(from), until: iso(until) });
    return true;
  }

  async #ask(command: OnOutages['command']): Promise<void> {
    const context: CommandContext = { actor: { kind: 'system' }, correlationId: this.parts.ports.ids.uuid() };
    const { state } = await this.commands.execute(new OnOutages(command, context));
    this.outages.take(state.outages);
  }
}
