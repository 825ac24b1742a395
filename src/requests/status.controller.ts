import { Controller, Delete, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { Access } from '../operations/access.message.js';
import { Sender, UNKNOWN_AGENT, type SentFrom } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Cancel } from './cancel.js';
import { Results } from './results.js';
import { Status } from './status.js';

/** The id is the capability: no key is asked (horde-api C1.2–C1.4). */
@Controller('api/v2/generate')
export class StatusController {
  constructor(private readonly statuses: Status, private readonly results: Results, private readonly canceling: Cancel, private readonly access: Access) {}

  @Get('check/:id') @Callers('capability') @RateLimit('RL-10s')
  check(@Param('id') id: string, @Sender() { ip, clientAgent }: SentFrom) {
    this.access.mayWatch(ip, clientAgent === UNKNOWN_AGENT);
    return this.statuses.check(id, 'image');
  }

  @Get('status/:id') @Callers('capability') @RateLimit('RL-10m')
  async image(@Param('id') id: string) {
    return this.#image(id);
  }

  @Delete('status/:id') @Callers('capability') @RateLimit('RL-10m')
  async cancelImage(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    setKudosPosition(reply, await this.canceling.cancel(await this.statuses.find(id, 'image')));
    return this.#image(id);
  }

  @Get('text/status/:id') @Callers('capability') @RateLimit('RL-60m')
  async text(@Param('id') id: string) {
    return this.#text(id);
  }

  @Delete('text/status/:id') @Callers('capability') @RateLimit('RL-60m')
  async cancelText(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    setKudosPosition(reply, await this.canceling.cancel(await this.statuses.find(id, 'text')));
    return this.#text(id);
  }

  async #image(id: string): Promise<object> {
    const { row, delivered } = await this.statuses.full(id, 'image');
    return { ...this.statuses.checkOf(row), shared: row.shared, generations: await this.results.images(row, delivered) };
  }

  async #text(id: string): Promise<object> {
    const { row, delivered } = await this.statuses.full(id, 'text');
    return { ...this.statuses.checkOf(row), generations: await this.results.texts(delivered) };
  }
}
