import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import type { Recorded } from '../kernel/event.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import type { Position } from '../platform/event-log/event-log.js';
import type { NodeFold } from '../platform/event-log/node-feed.js';
import { networkAround, parseNetwork, type Network } from '../platform/networks.js';
import { Ports } from '../platform/ports.js';
import { Database } from '../platform/postgres/database.js';
import { SealedAddresses } from '../platform/vault/sealed-addresses.js';
import { OnAddressBlock } from './operations.message.js';

export interface ActiveBlock {
  readonly network: Network;
  readonly block: string;
  readonly worker: string | undefined;
  readonly untilMs: number;
}
export interface BlockWish {
  readonly network: Network;
  readonly durationMs: number;
  readonly by: number;
  /** Whose address it is. */
  readonly worker?: string;
}

/** What other nodes have decided is looked up at least so often, should an event come before its row. */
const REFRESH_MS = 10_000;

const UPSERT = `
INSERT INTO platform.address_block AS b (address_hash, block, sealed, worker, until_ms) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (address_hash) DO UPDATE SET block = excluded.block, sealed = excluded.sealed, worker = excluded.worker, until_ms = excluded.until_ms`;
/** Two nodes may time the same address out at once: the longer one stays. */
const LENGTHEN = `${UPSERT} WHERE b.until_ms < excluded.until_ms`;
const ACTIVE = 'SELECT block, sealed, worker, until_ms FROM platform.address_block WHERE until_ms > $1';

export interface TimeOut {
  readonly network: Network;
  readonly durationMs: number;
  /** How often, this time counted. */
  readonly offence: number;
}

interface BlockRow {
  readonly block: string;
  readonly sealed: Buffer;
  readonly worker: string | null;
  readonly until_ms: number;
}

/**
 * Who is kept out, by address (horde-rules §9.1). The act is an event, the address a row that is removed when the block ends: the log
 * tells who blocked somebody and for how long, and nowhere whom. Every node keeps all of them in memory. The event comes first: a
 * process that dies before the row blocks nobody, and the moderator, who got no answer, asks again.
 */
@Injectable()
export class AddressBlocks implements NodeFold {
  readonly name = 'address blocks';
  readonly #seals: SealedAddresses;
  #blocks: ReadonlyMap<string, ActiveBlock> = new Map();
  /** A network of each size that is blocked: an address is looked up once for each, however many blocks there are. */
  #sizes: readonly Network[] = [];
  #readMs = 0;
  #due = false;

  constructor(private readonly database: Database, private readonly commands: CommandBus, private readonly ports: Ports) {
    this.#seals = new SealedAddresses(ports.secrets, ports.ids);
  }

  async open(): Promise<Position> {
    const head = await this.ports.feed.head();
    await this.#read();
    return head;
  }

  apply({ type }: Recorded): void {
    if (type === 'AddressBlocked.v1' || type === 'AddressTimedOut.v1' || type === 'AddressUnblocked.v1') this.#due = true;
  }

  /** Looks for what other nodes have decided, and removes what is over; returns how many blocks there are. */
  async round(): Promise<number> {
    const now = this.ports.clock.now();
    if (!this.#due && now - this.#readMs < REFRESH_MS) return this.#blocks.size;
    await this.database.execute('DELETE FROM platform.address_block WHERE until_ms <= $1', [now]);
    await this.database.execute('DELETE FROM platform.address_offence WHERE until_ms <= $1', [now]);
    await this.#read();
    return this.#blocks.size;
  }

  /** How long the address is still kept out: by its own block, else by the longest of those that contain it; 0 for not at all. */
  secondsFor(ip: string): number {
    const blocks = this.of(ip);
    const own = blocks.find((each) => isAddress(each.network));
    const untilMs = own?.untilMs ?? Math.max(0, ...blocks.map((each) => each.untilMs));
    return this.secondsLeft(untilMs);
  }

  /** Every block that the address falls under. */
  of(ip: string): readonly ActiveBlock[] {
    const now = this.ports.clock.now();
    return this.#sizes.flatMap((size) => this.#blocks.get(networkAround(ip, size)?.key ?? '') ?? []).filter(({ untilMs }) => untilMs > now);
  }

  /** Blocks of more than one address (horde-api C13). */
  networks(): readonly ActiveBlock[] {
    return this.#active().filter(({ network }) => !isAddress(network));
  }

  ofWorker(worker: string): readonly ActiveBlock[] {
    return this.#active().filter((each) => each.worker === worker);
  }

  secondsLeft(untilMs: number): number {
    return Math.max(0, Math.ceil((untilMs - this.ports.clock.now()) / 1_000));
  }

  async block({ network, durationMs, by, worker }: BlockWish): Promise<void> {
    const now = this.ports.clock.now();
    const untilMs = now + durationMs;
    const block = this.#known(network)?.block ?? this.ports.ids.uuid();
    const told = { by, ...(worker === undefined ? {} : { worker }), until: iso(untilMs), at: iso(now) };
    await this.commands.execute(new OnAddressBlock(block, { type: 'BlockAddress', ...told }, this.#context(by)));
    await this.database.execute(UPSERT, [this.#seals.hashOf(network), block, this.#seals.seal(block, network.text), worker ?? null, untilMs]);
    await this.#read();
  }

  /** By the horde itself, on behalf of whatever set it off. */
  async timeOut({ network, durationMs, offence }: TimeOut, context: CommandContext): Promise<void> {
    const now = this.ports.clock.now();
    const untilMs = now + durationMs;
    const block = this.#known(network)?.block ?? this.ports.ids.uuid();
    await this.commands.execute(new OnAddressBlock(block, { type: 'TimeOutAddress', offence, until: iso(untilMs), at: iso(now) }, context));
    await this.database.execute(LENGTHEN, [this.#seals.hashOf(network), block, this.#seals.seal(block, network.text), null, untilMs]);
    await this.#read();
  }

  /** What was done from there is forgotten as well (horde-rules §9.1). Changes nothing where there is no block. */
  async unblock(network: Network, by: number): Promise<void> {
    await this.database.execute('DELETE FROM platform.address_offence WHERE address_hash = $1', [this.#seals.hashOf(network)]);
    await this.#read(); // another node may have placed it a moment ago
    const known = this.#known(network);
    if (!known) return;
    await this.commands.execute(new OnAddressBlock(known.block, { type: 'UnblockAddress', by, at: iso(this.ports.clock.now()) }, this.#context(by)));
    await this.database.execute('DELETE FROM platform.address_block WHERE address_hash = $1', [this.#seals.hashOf(network)]);
    await this.#read();
  }

  #known({ key }: Network): ActiveBlock | undefined {
    const known = this.#blocks.get(key);
    return known && known.untilMs > this.ports.clock.now() ? known : undefined;
  }

  #active(): readonly ActiveBlock[] {
    const now = this.ports.clock.now();
    return [...this.#blocks.values()].filter(({ untilMs }) => untilMs > now);
  }

  async #read(): Promise<void> {
    const now = this.ports.clock.now();
    this.#due = false;
    try {
      const rows = await this.database.query<BlockRow>(ACTIVE, [now]);
      const blocks = rows.map(({ block, sealed, worker, until_ms }): ActiveBlock => (
        { network: parseNetwork(this.#seals.open(block, sealed))!, block, worker: worker ?? undefined, untilMs: until_ms }
      ));
      this.#blocks = new Map(blocks.map((each) => [each.network.key, each]));
      this.#sizes = [...new Map(blocks.map(({ network }) => [`${network.bytes.length}/${network.prefix}`, network])).values()].sort((one, other) => one.prefix - other.prefix);
      this.#readMs = now;
    } catch (error) {
      this.#due = true;
      throw error;
    }
  }

  #context(by: number): CommandContext {
    return { actor: { kind: 'user', user: by }, correlationId: this.ports.ids.uuid() };
  }
}

const isAddress = ({ bytes, prefix }: Network): boolean => prefix === bytes.length * 8;
