import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { parseUuid } from '../kernel/ids.js';
import { Int, Str } from '../platform/http/body/body-decorators.js';
import { ApiKey, StrictBody } from '../platform/http/parameters.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { parseNetwork, subscriberOf, type Network } from '../platform/networks.js';
import { WorkerAddresses } from '../workers/worker-addresses.message.js';
import { AddressBlocks, type ActiveBlock } from './address-blocks.message.js';
import { Moderators } from './moderators.js';
import { operationsRefusals } from './operations.refusals.js';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** horde-api C13. */
const ADDRESS = { min: 7, max: 40 };

class BlockFields {
  @Str(ADDRESS) ipaddr!: string;
  @Int({ min: 1, max: 720 }) hours!: number;
}
class UnblockFields {
  @Str(ADDRESS) ipaddr!: string;
}
class BlockWorkerFields {
  @Int({ min: 1, max: 30 }) days!: number;
}

const DONE = { message: 'OK' };

/** Who is kept out, by address (horde-api C13). Whether it is an address comes before who asks. */
@Controller('api/v2/operations')
export class AddressBlocksController {
  constructor(private readonly blocks: AddressBlocks, private readonly moderators: Moderators, private readonly addresses: WorkerAddresses) {}

  @Get('ipaddr') @Callers('moderator') @RateLimit('RL-D')
  async list(@ApiKey() apiKey: string) {
    await this.moderators.moderator(apiKey);
    return this.blocks.networks().map((block) => this.#view(block));
  }

  @Post('ipaddr') @HttpCode(200) @Callers('moderator') @RateLimit('RL-D')
  async add(@StrictBody(BlockFields) { ipaddr, hours }: BlockFields, @ApiKey() apiKey: string) {
    const network = networkIn(ipaddr);
    const { id } = await this.moderators.moderator(apiKey);
    await this.blocks.block({ network, durationMs: hours * HOUR_MS, by: id });
    return DONE;
  }

  @Delete('ipaddr') @Callers('moderator') @RateLimit('RL-D')
  async remove(@StrictBody(UnblockFields) { ipaddr }: UnblockFields, @ApiKey() apiKey: string) {
    const network = networkIn(ipaddr);
    const { id } = await this.moderators.moderator(apiKey);
    await this.blocks.unblock(network, id);
    return DONE;
  }

  @Get('ipaddr/:ipaddr') @Callers('moderator') @RateLimit('RL-D')
  async of(@Param('ipaddr') ipaddr: string, @ApiKey() apiKey: string) {
    const { text, bytes, prefix } = networkIn(ipaddr);
    if (prefix !== bytes.length * 8) throw refusedBy(operationsRefusals, 'BadRequest');
    await this.moderators.moderator(apiKey);
    return this.blocks.of(text).map((block) => this.#view(block));
  }

  /** Where the worker called from last: an IPv4 address, or the whole /64 of an IPv6 address. */
  @Put('block_worker_ipaddr/:worker_id') @Callers('moderator') @RateLimit('RL-D')
  async blockWorker(@Param('worker_id') worker: string, @StrictBody(BlockWorkerFields) { days }: BlockWorkerFields, @ApiKey() apiKey: string) {
    const { id } = await this.moderators.moderator(apiKey);
    const uuid = parseUuid(worker);
    const network = uuid === undefined ? undefined : await this.#addressOf(uuid);
    if (uuid === undefined || !network) throw refusedBy(operationsRefusals, 'WorkerNotFound');
    await this.blocks.block({ network, durationMs: days * DAY_MS, by: id, worker: uuid });
    return DONE;
  }

  /** Also where it called from when it was blocked, should it have moved since. */
  @Delete('block_worker_ipaddr/:worker_id') @Callers('moderator') @RateLimit('RL-D')
  async unblockWorker(@Param('worker_id') worker: string, @ApiKey() apiKey: string) {
    const { id } = await this.moderators.moderator(apiKey);
    const uuid = parseUuid(worker);
    const network = uuid === undefined ? undefined : await this.#addressOf(uuid);
    const blocked = uuid === undefined ? [] : this.blocks.ofWorker(uuid);
    if (!network && blocked.length === 0) throw refusedBy(operationsRefusals, 'WorkerNotFound');
    for (const each of [...blocked.map((block) => block.network), ...(network ? [network] : [])]) await this.blocks.unblock(each, id);
    return DONE;
  }

  async #addressOf(worker: string): Promise<Network | undefined> {
    const ip = (await this.addresses.of([worker])).get(worker);
    return ip === undefined ? undefined : subscriberOf(ip);
  }

  #view({ network, untilMs }: ActiveBlock): object {
    return { ipaddr: network.text, seconds: this.blocks.secondsLeft(untilMs) };
  }
}

/** @throws Refused BadRequest also for a network with bits set beyond its prefix */
const networkIn = (text: string): Network => {
  const network = parseNetwork(text.trim());
  if (!network) throw refusedBy(operationsRefusals, 'BadRequest');
  return network;
};
