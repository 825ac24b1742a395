import type { Logger } from 'pino';
import type { Clock, Timers } from '../kernel/clock.js';
import type { Position } from '../platform/event-log/event-log.js';
import { Growth } from '../platform/event-log/growth.js';
import { PositionWaiters } from '../platform/projecting/position-waiters.js';
import { loggable } from '../platform/telemetry/logger.js';
import { originOf, signCheckpoint } from './checkpoint.js';
import { LedgerTree, type NotarizedLog } from './ledger-tree.js';
import type { PublishedCheckpoint, PublishedCheckpoints } from './published-checkpoints.js';
import { CannotExtend, resume, type ResumeParts } from './resume.js';
import { noteSigner, noteVerifier, type NoteSigner } from './signed-note.js';
import { isSame, type Signed, type SignedState, type SignedStateFile } from './signed-state.js';

export interface NotaryOptions {
  readonly log: NotarizedLog;
  readonly published: PublishedCheckpoints;
  readonly file: SignedStateFile;
  /** 32 bytes: the secret half of its key. */
  readonly seed: Buffer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** `standby`: another notary signs this ledger; `refusing`: nobody may sign until a person has looked. */
export type NotaryState = 'starting' | 'signing' | 'standby' | 'refusing';
export interface NotaryStatus {
  readonly state: NotaryState;
  /** Why it stands by or refuses. */
  readonly reason: string | undefined;
  /** Of the last event that it has published; undefined before. */
  readonly position: Position | undefined;
}

/** The tree of a term, and how its signer hears that the follower has added to it. */
interface Growing {
  readonly tree: LedgerTree;
  readonly growth: Growth;
  readonly signal: AbortSignal;
}

/** Signed at most so often: often enough for half a second from commit to checkpoint, and each costs a write to two disks. */
const SIGN_EVERY_MS = 250;
/** Hashed in some two milliseconds. */
const BATCH_EVENTS = 500;
/** What is written in the meantime is taken in at once: for 300 job cycles a second this is what makes the notary cheap. */
const GATHER_MS = 50;
const RETRY_MS = 1_000;
const POLL_MS = 1_000;
/** The one that signs has had something to sign for so long, and has not. */
const TAKEOVER_MS = 3_000;

/**
 * Makes every event of the ledger a leaf of one Merkle tree and signs its root whenever it has grown. What it has signed is
 * on its own disk before anybody sees it, and it signs nothing that is not a continuation of that.
 */
export class Notary {
  readonly verifierKey: string;
  readonly #signer: NoteSigner;
  readonly #resumeParts: ResumeParts;
  readonly #waiters: PositionWaiters;
  readonly #abort = new AbortController();
  #status: NotaryStatus = { state: 'starting', reason: undefined, position: undefined };
  #running: Promise<void> | undefined;
  /** Somebody else has published: we wait until they no longer do. */
  #hasRival = false;

  constructor(private readonly options: NotaryOptions) {
    this.#signer = noteSigner(originOf(options.log.storeId), options.seed);
    this.verifierKey = this.#signer.verifierKey;
    this.#resumeParts = { ...options, verifier: noteVerifier(this.verifierKey), signal: this.#abort.signal };
    this.#waiters = new PositionWaiters(options.timers);
  }

  status(): NotaryStatus {
    return this.#status;
  }

  /** True once a checkpoint that covers this position is published by this notary; false when `timeoutMs` passed first. */
  waitFor(position: Position, timeoutMs: number): Promise<boolean> {
    if ((this.#status.position ?? -1) >= position) return Promise.resolve(true);
    return this.#waiters.until(position, timeoutMs);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    this.#waiters.giveUp();
  }

  async #run(): Promise<void> {
    const { timers, logger } = this.options;
    const { signal } = this.#abort;
    while (!this.#isStopped()) {
      try {
        await this.#term();
      } catch (error) {
        if (this.#isStopped()) return;
        if (error instanceof CannotExtend) {
          this.#refuse(error);
          return;
        }
        logger.warn({ err: loggable(error) }, 'the notary was interrupted and tries again');
      }
      await timers.sleep(RETRY_MS, signal).catch(() => undefined); // only the stop can end it early
    }
  }

  #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  /** From one's turn to the moment that somebody else has taken it, or that log or database are away. */
  async #term(): Promise<void> {
    const published = await this.#turn();
    const signed = await resume(this.#resumeParts, published);
    const tree = new LedgerTree(signed);
    const growth = new Growth();
    const ended = new AbortController();
    const end = (): void => ended.abort();
    this.#abort.signal.addEventListener('abort', end);
    const following = this.#follow(tree, growth, ended.signal);
    try {
      await Promise.race([this.#sign({ tree, growth, signal: ended.signal }, signed, published), following]);
    } finally {
      this.#abort.signal.removeEventListener('abort', end);
      end();
      await following.catch(() => undefined); // if it was what failed, the race has told
    }
  }

  /** Waits while another notary signs. Returns what is published when it is ours to go on. */
  async #turn(): Promise<PublishedCheckpoint | undefined> {
    const { published, log, clock, timers } = this.options;
    for (const absence = new Absence(); ; ) {
      const row = await published.find();
      const isOurs = row?.verifierKey === this.verifierKey;
      if (!row || (isOurs && !this.#hasRival)) return row;
      if (isOurs && absence.lasted(row, await log.head(), clock.monotonic()) >= TAKEOVER_MS) return row;
      this.#standBy(isOurs ? 'another notary with this key signs this ledger' : 'a notary with another key signs this ledger');
      await timers.sleep(POLL_MS, this.#abort.signal);
    }
  }

  async #follow(tree: LedgerTree, growth: Growth, signal: AbortSignal): Promise<void> {
    const { log, timers } = this.options;
    for await (const { events, live } of log.follow({ after: tree.position, batchMax: BATCH_EVENTS, signal })) {
      tree.add(events);
      growth.announce();
      // A busy log commits a thousand times a second, and need not wake us as often. History is hashed beside other work, not before it.
      await timers.sleep(live ? GATHER_MS : 0, signal).catch(() => undefined);
    }
  }

  async #sign({ tree, growth, signal }: Growing, signed: SignedState | undefined, published: Signed | undefined): Promise<void> {
    const { file, clock, timers } = this.options;
    if (signed && !isSame(signed, published) && !(await this.#publish(signed, published))) return;
    if (signed) this.#signing(signed);
    for (let newest = signed; ; ) {
      await grownBeyond(newest, { tree, growth, signal });
      if (signal.aborted) return;
      const startedAt = clock.monotonic();
      const next = this.#checkpointOf(tree, newest);
      await file.write(next); // before anybody sees it: what is signed must not be forgotten
      if (!(await this.#publish(next, newest))) return;
      this.#signing(next);
      newest = next;
      await timers.sleep(Math.max(0, SIGN_EVERY_MS - (clock.monotonic() - startedAt)), signal);
    }
  }

  #checkpointOf(tree: LedgerTree, before: Signed | undefined): SignedState {
    const { log: { storeId }, clock } = this.options;
    const { tree: state, position, last } = tree.place();
    const figures = { size: tree.size, root: tree.root() };
    const note = signCheckpoint({ origin: originOf(storeId), ...figures }, this.#signer);
    return { storeId, ...figures, tree: state, position, last: last!, note, signedAt: clock.now(), before: before && { size: before.size, root: before.root } };
  }

  /** False when somebody else has published in between. */
  async #publish(next: SignedState, before: Signed | undefined): Promise<boolean> {
    this.#hasRival = !(await this.options.published.replace(before, next, this.verifierKey));
    return !this.#hasRival;
  }

  #signing({ position }: SignedState): void {
    if (this.#status.state !== 'signing') this.options.logger.info({ verifierKey: this.verifierKey }, 'the notary signs');
    this.#status = { state: 'signing', reason: undefined, position };
    this.#waiters.reached(position);
  }

  #standBy(reason: string): void {
    if (this.#status.state === 'standby' && this.#status.reason === reason) return;
    this.#status = { ...this.#status, state: 'standby', reason };
    this.options.logger.warn({ reason }, 'the notary stands by');
  }

  #refuse(error: CannotExtend): void {
    this.#status = { ...this.#status, state: 'refusing', reason: error.message };
    this.options.logger.error({ err: loggable(error) }, 'THE NOTARY REFUSES TO SIGN: the ledger is not the one that was signed. See docs/deploy.md, "When the notary refuses".');
  }
}

const grownBeyond = async (newest: Signed | undefined, { tree, growth, signal }: Growing): Promise<void> => {
  while (tree.size === (newest?.size ?? 0) && !signal.aborted) await growth.next(signal);
};

/** For how long whoever signs has had something to sign, and has not. */
class Absence {
  private size = -1;
  private sinceMs = 0;

  lasted({ size, position }: PublishedCheckpoint, head: Position, nowMs: number): number {
    if (size === this.size && head > position) return nowMs - this.sinceMs;
    this.size = size;
    this.sinceMs = nowMs;
    return 0;
  }
}
