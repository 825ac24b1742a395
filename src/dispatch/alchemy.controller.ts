import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { ApiKey, ClientIp, LooseBody, StrictBody } from '../platform/http/parameters.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { makesImage } from '../reference/catalogue.js';
import { UserDirectory } from '../users/directory.message.js';
import { AlchemyDeliver } from './alchemy-deliver.js';
import { AlchemyPop, type HandedForm } from './alchemy-pop.js';
import { AlchemyPopFields } from './bodies/pop.body.js';
import { AlchemySubmitFields } from './bodies/submit.body.js';
import { alchemistDeclaration } from './declaration.js';
import { blobKey } from './deliver.js';
import { skippedForms } from './matching/skipped.js';
import { PopEdge } from './pop.controller.js';
import { popOwner, prioritised } from './pop-owner.js';
import { patienceOf } from './waiting-workers.js';

/** Ours: a request has 100 forms at most, and so has a pop. */
const AMOUNT_MAX = 100;

/** For alchemists (horde-api C3.4, C3.5). */
@Controller('api/v2/interrogate')
export class AlchemyController {
  constructor(
    private readonly pops: AlchemyPop, private readonly deliver: AlchemyDeliver, private readonly directory: UserDirectory, private readonly parts: PopEdge,
  ) {}

  @Post('pop') @HttpCode(200) @Callers('user') @RateLimit('RL-60s')
  async pop(@StrictBody(AlchemyPopFields) body: AlchemyPopFields, @ApiKey() apiKey: string, @ClientIp() ip: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const owner = await popOwner(this.directory, apiKey, body.priority_usernames);
    const { forms, position, skipped } = await this.pops.pop(owner, {
      name: body.name, ip, declaration: alchemistDeclaration(body), amount: Math.min(AMOUNT_MAX, Math.max(1, body.amount)),
      wish: { prioritised: prioritised(body.priority_usernames), requireUpfrontKudos: body.require_upfront_kudos, blacklist: [], test: body.test },
      patience: patienceOf(body, reply),
    });
    if (forms.length === 0) return { forms: null, skipped: skippedForms(skipped) };
    setKudosPosition(reply, position);
    return { forms: forms.map((form) => this.#handedOut(form)), skipped: {} };
  }

  @Post('submit') @HttpCode(200) @Callers('owner') @RateLimit('RL-60s')
  async submit(@LooseBody(AlchemySubmitFields) body: AlchemySubmitFields, @ApiKey() apiKey: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { reward, position } = await this.deliver.deliver({ id: body.id, result: body.result, faulted: body.state === 'faulted' }, apiKey);
    setKudosPosition(reply, position);
    return { reward };
  }

  #handedOut({ job, form: { form }, payload, source }: HandedForm): object {
    const { blobs } = this.parts;
    return {
      id: job, form, ...(payload ? { payload } : {}), source_image: blobs.downloadUrl(source),
      ...(makesImage(form) ? { r2_upload: blobs.uploadUrl(blobKey(job)) } : {}),
    };
  }
}
