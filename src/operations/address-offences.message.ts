import { Injectable } from '@nestjs/common';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { isPublic, subscriberOf } from '../platform/networks.js';
import { Ports } from '../platform/ports.js';
import { Database } from '../platform/postgres/database.js';
import { SealedAddresses } from '../platform/vault/sealed-addresses.js';
import { AddressBlocks } from './address-blocks.message.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** horde-rules §9.1: an offence counts for a day after the latest one, at the address of a service for an hour. */
const COUNTED_MS = 24 * HOUR_MS;
const COUNTED_AT_SERVICE_MS = HOUR_MS;
/** Many people stand behind the address of a service. */
const AT_SERVICE_MAX_MS = 5 * MINUTE_MS;

/** In one statement, so that nodes which count at once count both. */
const COUNT = `
INSERT INTO platform.address_offence AS o (address_hash, offences, until_ms) VALUES ($1, 1, $2)
ON CONFLICT (address_hash) DO UPDATE SET offences = CASE WHEN o.until_ms <= $3 THEN 1 ELSE o.offences + 1 END, until_ms = excluded.until_ms
RETURNING offences`;

/** How often addresses have sent what nobody may send, and the time-outs that follow: each is longer than the one before (horde-rules §9.1). */
@Injectable()
export class AddressOffences {
  readonly #seals: SealedAddresses;

  constructor(private readonly database: Database, private readonly blocks: AddressBlocks, private readonly ports: Ports) {
    this.#seals = new SealedAddresses(ports.secrets, ports.ids);
  }

  /**
   * Counts one, and keeps the subscriber out for a while. Not addresses of the machine itself and of private networks, behind which
   * everybody may stand: the proxy of a horde that does not know of it (docs/decisions/0031).
   */
  async count(ip: string, isService: boolean, context: CommandContext): Promise<void> {
    if (!isPublic(ip)) return;
    const network = subscriberOf(ip);
    const now = this.ports.clock.now();
    const countedMs = isService ? COUNTED_AT_SERVICE_MS : COUNTED_MS;
    const [row] = await this.database.query<{ offences: number }>(COUNT, [this.#seals.hashOf(network), now + countedMs, now]);
    await this.blocks.timeOut({ network, durationMs: timeOutMs(row!.offences, isService), offence: row!.offences }, context);
  }
}

/** 3, 9, 15, 21 … minutes for the first, second … offence; 5 at the most for a service. */
export const timeOutMs = (offence: number, isService: boolean): number => Math.min((2 * (offence - 1) + 1) * 3 * MINUTE_MS, isService ? AT_SERVICE_MAX_MS : Infinity);
