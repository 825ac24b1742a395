import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Clock, Timers } from '../../../kernel/clock.js';
import type { Ids } from '../../../kernel/ids.js';
import { AppendTooLarge, InvalidAppend, type AppendResult, type ExpectedRevision, type NewEvent } from '../event-log.js';
import type { AppendCall, Connection, Running } from './connection.js';
import { SILENCE_MAX_MS } from './connection.js';
import { failureOf, Passing, StoreRefuses } from './failures.js';
import { batchAppend, textOf } from './messages.js';

/** An append as it is sent, however often: the same ids, the same bytes, the same expected revision. */
export interface FrozenAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
  readonly bytes: number;
}

export type Reply =
  | { readonly kind: 'appended'; readonly result: AppendResult }
  | { readonly kind: 'conflict'; readonly actual: ExpectedRevision }
  | { readonly kind: 'refused'; readonly error: Error }
  /** It may have been written, now or a little later; `unsent` when it surely was not. */
  | { readonly kind: 'unknown'; readonly unsent: boolean; readonly error: Error };

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly sentAt: number;
  readonly bytes: number;
}
interface Open extends Running<AppendCall> {
  readonly pending: Map<string, Pending>;
  /** When the last reply came on this call. */
  heardAt: number;
  isOver: boolean;
}

/** What may be on its way at once; beyond it the store cannot keep up, and waiting longer would only cost memory. */
const PENDING_BYTES_MAX = 64 * 1_048_576;
const SWEEP_MS = 100;

/**
 * Appends of the whole process over one call of the protocol, each with an id that its reply carries. Every append gets a
 * reply from here, in time: when the call breaks or stays silent, that reply is "unknown", never "failed".
 */
export class AppendStream {
  private open: Promise<Open> | undefined;
  private pendingBytes = 0;
  private sweeping = false;

  constructor(private readonly connection: Connection, private readonly ports: { readonly clock: Clock; readonly timers: Timers; readonly ids: Ids }) {}

  async send(append: FrozenAppend): Promise<Reply> {
    let open: Open;
    try {
      open = await (this.open ??= this.begin());
    } catch (thrown) {
      return { kind: 'unknown', unsent: true, error: failureOf(thrown).error };
    }
    return this.write(open, append);
  }

  private async write(open: Open, append: FrozenAppend): Promise<Reply> {
    if (open.isOver) return notSent('the stream of appends has ended meanwhile');
    if (this.pendingBytes + append.bytes > PENDING_BYTES_MAX) return notSent('too many appends are waiting for the event store');
    const id = this.ports.ids.uuid();
    return new Promise<Reply>((resolve) => {
      this.pendingBytes += append.bytes;
      open.pending.set(id, { resolve, sentAt: this.ports.clock.monotonic(), bytes: append.bytes });
      open.call.write(batchAppend(id, append));
      if (!this.sweeping) void this.sweep();
    });
  }

  private async begin(): Promise<Open> {
    let running: Running<AppendCall>;
    try {
      running = await this.connection.appends();
    } catch (error) {
      this.open = undefined;
      throw error;
    }
    const open: Open = { ...running, pending: new Map(), heardAt: -Infinity, isOver: false };
    open.call
      .on('data', (response: BatchAppendResp) => this.replied(open, response))
      .on('error', (error: Error) => this.broke(open, error))
      .on('end', () => this.broke(open, new Passing('the event store has ended the stream of appends')));
    return open;
  }

  /** A reply that nobody waits for is late: its append was answered as unknown, and has been looked for since. */
  private replied(open: Open, response: BatchAppendResp): void {
    this.connection.heard();
    open.heardAt = this.ports.clock.monotonic();
    const uuid = response.getCorrelationId();
    const id = uuid && textOf(uuid);
    if (id !== undefined) this.settle(open, id, readReply(response));
  }

  private settle(open: Open, id: string, reply: Reply): void {
    const pending = open.pending.get(id);
    if (!pending) return;
    open.pending.delete(id);
    this.pendingBytes -= pending.bytes;
    pending.resolve(reply);
  }

  private broke(open: Open, error: Error): void {
    if (open.isOver) return;
    open.isOver = true;
    void this.open?.then((current) => {
      if (current === open) this.open = undefined;
    }, () => undefined);
    open.failed(error);
    const failure = failureOf(error);
    const unsent = failure.kind === 'away' && failure.unsent;
    for (const id of [...open.pending.keys()]) this.settle(open, id, { kind: 'unknown', unsent, error });
  }

  private abandon(open: Open, error: Error): void {
    this.broke(open, error);
    open.call.cancel();
  }

  /** Gives up what has waited too long; with nothing heard since, the connection as well. */
  private async sweep(): Promise<void> {
    const { clock, timers } = this.ports;
    this.sweeping = true;
    for (;;) {
      await timers.sleep(SWEEP_MS).catch(() => undefined);
      const open = await this.open?.catch(() => undefined);
      if (!open || open.pending.size === 0) break;
      this.giveUpBefore(open, clock.monotonic() - SILENCE_MAX_MS);
    }
    this.sweeping = false;
  }

  private giveUpBefore(open: Open, limit: number): void {
    const error = new Passing(`the event store has not answered an append within ${SILENCE_MAX_MS} ms`);
    for (const [id, { sentAt }] of open.pending) {
      if (sentAt > limit) return; // the rest was sent later
      if (this.connection.isSilentSince(sentAt)) return this.connection.replace(open); // which ends the call, and all that waits on it
      if (open.heardAt < sentAt) return this.abandon(open, error); // others are answered: it is this call that leads nowhere
      this.settle(open, id, { kind: 'unknown', unsent: false, error });
    }
  }
}

const notSent = (reason: string): Reply => ({ kind: 'unknown', unsent: true, error: new Passing(reason) });

/** What is thrown at a handler of replies would end the process. */
const readReply = (response: BatchAppendResp): Reply => {
  try {
    return replyOf(response);
  } catch (thrown) {
    return { kind: 'unknown', unsent: false, error: new Passing('the event store has answered something that cannot be read', { cause: thrown }) };
  }
};

const replyOf = (response: BatchAppendResp): Reply => {
  const success = response.getSuccess();
  if (!success) return replyOfError(response.getError());
  const position = success.getPosition()?.getCommitPosition();
  // Success without a place: the store remembers these ids, but what it stored can no longer be read.
  if (position === undefined) return { kind: 'unknown', unsent: false, error: new Passing('the event store names no position for what it stored') };
  return { kind: 'appended', result: { revision: Number(success.getCurrentRevision()), position: Number(position) } };
};

const refused = (error: Error): Reply => ({ kind: 'refused', error });

const conflictOf = (conflict: InstanceType<typeof shared.WrongExpectedVersion>): Reply => (
  { kind: 'conflict', actual: conflict.hasCurrentStreamRevision() ? Number(conflict.getCurrentStreamRevision()) : 'no_stream' }
);

/** Final answers, by the name of what is packed into them. */
const FINAL: ReadonlyMap<string, (packed: Uint8Array) => Reply> = new Map<string, (packed: Uint8Array) => Reply>([
  ['event_store.client.WrongExpectedVersion', (packed) => conflictOf(shared.WrongExpectedVersion.deserializeBinary(packed))],
  ['event_store.client.MaximumAppendSizeExceeded', () => refused(new AppendTooLarge('more in one append than the event store takes'))],
  ['event_store.client.AccessDenied', () => refused(new StoreRefuses('the event store does not let this user append'))],
  ['event_store.client.StreamDeleted', () => refused(new InvalidAppend('the stream was deleted in the event store for good'))],
  ['event_store.client.BadRequest', (packed) => (
    refused(new InvalidAppend(`the event store does not understand the append: ${shared.BadRequest.deserializeBinary(packed).getMessage()}`))
  )],
]);
/** Nothing but these words tells that the append was not even begun. */
const NOT_TAKEN: ReadonlySet<string> = new Set(['Server Is Not Ready', 'Server Is Busy', 'No leader info available in response']);

const replyOfError = (error: Status | undefined): Reply => {
  const details = error?.getDetails();
  const final = details && FINAL.get(details.getTypeName());
  if (final) return final(details.getValue_asU8());
  const message = error?.getMessage() ?? 'an empty answer';
  return { kind: 'unknown', unsent: NOT_TAKEN.has(message), error: new Passing(`the event store answered: ${message}`) };
};
