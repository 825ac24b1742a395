import { deserialize, serialize } from 'node:v8';
import type { Loaded, Snapshots } from '../../src/platform/commanding/load-stream.js';

/** Production saves every 200 events of a stream; here a snapshot is met often. */
const EVENTS_BETWEEN = 8;

interface Stored {
  readonly stateVersion: number;
  readonly state: unknown;
  readonly revision: number;
  readonly tip: string;
}

/** A machine's account snapshots: they outlive the node that wrote them, and may be older than the log, or of another one. */
export class SimSnapshots implements Snapshots {
  readonly stored = new Map<string, { readonly revision: number; readonly bytes: Buffer }>();
  found = 0;

  find(stream: string, stateVersion: number): Promise<Stored | undefined> {
    const bytes = this.stored.get(stream)?.bytes;
    if (!bytes) return Promise.resolve(undefined);
    this.found += 1;
    const stored = deserialize(bytes) as Stored;
    return Promise.resolve(stored.stateVersion === stateVersion ? stored : undefined);
  }

  consider(_category: string, { stream, stateVersion, state, revision, tip }: Loaded<unknown>): void {
    if (revision === 'no_stream' || tip === null) return;
    if (revision - (this.stored.get(stream)?.revision ?? 0) < EVENTS_BETWEEN) return;
    this.stored.set(stream, { revision, bytes: this.copied({ stateVersion, state, revision, tip }) });
  }

  protected copied(stored: Stored): Buffer {
    return serialize(stored);
  }
}
