import type { Clock } from '../../../kernel/clock.js';
import type { Ids } from '../../../kernel/ids.js';
import type { EventLog } from '../event-log.js';
import type { Deadlines } from './deadlines.js';
import type { Gate } from './gate.js';
import { READERS_MAX } from './limits.js';
import { exhausted, unavailable, type RpcError } from './rpc-errors.js';

/** What every call is served with. */
export interface Served {
  readonly log: EventLog;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly deadlines: Deadlines;
  readonly calls: Calls;
}

interface Call {
  on(event: 'cancelled', listener: () => void): unknown;
}
interface OpenCall {
  readonly controller: AbortController;
  readonly end: (error: RpcError) => void;
}

/** The long calls under way, which end when the front closes. */
export class Calls {
  private readonly open = new Map<Call, OpenCall>();
  private isClosing = false;
  private readers = 0;

  /** The signal of a call that reads: aborted when the client is gone, or the front closes. */
  addReader(call: Call, end: (error: RpcError) => void): AbortSignal {
    if (this.readers >= READERS_MAX) throw exhausted(`This server serves at most ${READERS_MAX} reads and subscriptions at once.`);
    this.readers += 1;
    const signal = this.add(call, end);
    signal.addEventListener('abort', () => (this.readers -= 1), { once: true });
    return signal;
  }

  /** `end` ends the call with an error. */
  add(call: Call, end: (error: RpcError) => void): AbortSignal {
    if (this.isClosing) throw unavailable('This server is closing.');
    const controller = new AbortController();
    this.open.set(call, { controller, end });
    call.on('cancelled', () => this.done(call));
    return controller.signal;
  }

  has(call: Call): boolean {
    return this.open.has(call);
  }

  /** The call has been answered, or its client is gone. */
  done(call: Call): void {
    const open = this.open.get(call);
    this.open.delete(call);
    open?.controller.abort();
  }

  /** Ends a call with an error, after what was written to it. */
  fail(call: Call, error: RpcError): void {
    const open = this.open.get(call);
    if (!open) return;
    this.done(call);
    open.end(error);
  }

  close(): void {
    this.isClosing = true;
    for (const call of [...this.open.keys()]) this.fail(call, unavailable('This server is closing.'));
  }
}
