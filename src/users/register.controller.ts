import { Controller, HttpCode, Injectable, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Ids } from '../kernel/ids.js';
import { Access } from '../operations/access.message.js';
import { Optional, Str } from '../platform/http/body/body-decorators.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { clientIp, FormBody, OptionalApiKey } from '../platform/http/parameters.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { Profanity } from '../platform/profanity.js';
import { sanitised } from '../platform/sanitised-text.js';
import { OPERATOR_ID, UserDirectory } from './directory.message.js';
import { Registration } from './registration.message.js';
import { userRefusals } from './user.refusals.js';

class RegisterFields {
  @Optional() @Str({ nul: 'drop' }) username?: string;
}

/** Whether anybody may register (the private profile closes it). */
export class OpenRegistration {
  constructor(readonly open: boolean) {}
}

const NAME_MAX = 30;

@Injectable()
export class RegisterParts {
  constructor(readonly ids: Ids, readonly profanity: Profanity, readonly access: Access) {}
}

/** Makes a pseudonymous account: a name, and a key that is shown once (horde-api C17.2). Its page comes with the web issue. */
@Controller('register')
export class RegisterController {
  constructor(
    private readonly registration: Registration, private readonly openRegistration: OpenRegistration, private readonly directory: UserDirectory,
    private readonly parts: RegisterParts,
  ) {}

  @Post() @HttpCode(200) @Callers('anyone') @RateLimit('RL-D')
  async register(
    @FormBody(RegisterFields) body: RegisterFields, @OptionalApiKey() callerKey: string | undefined, @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    this.parts.access.notTimedOut(clientIp(request)); // whoever asks (Q03)
    if (!this.#isOpen() && !(await this.#isOperator(callerKey))) throw refusedBy(userRefusals, 'RegistrationClosed');
    const name = sanitised(body.username ?? '', NAME_MAX);
    if (name === '') throw refusedBy(userRefusals, 'BadRequest', { reason: 'Please send a username.' });
    if (this.parts.profanity.isProfane(name)) throw refusedBy(userRefusals, 'ProfaneUserName');
    const suspected = [...(body.username ?? '').trim()].length > NAME_MAX ? ['USERNAME_LONG' as const] : [];
    const { id, apiKey, position } = await this.registration.register({ name, suspected }, 'pseudonymous', { actor: { kind: 'anonymous' }, correlationId: this.parts.ids.uuid() });
    setKudosPosition(reply, position);
    void reply.header('Cache-Control', 'no-store');
    if ((request.headers.accept ?? '').includes('application/json')) return { api_key: apiKey, id, username: `${name}#${id}` };
    void reply.type('text/html; charset=utf-8');
    return page(`${name}#${id}`, apiKey);
  }

  #isOpen(): boolean {
    return this.openRegistration.open && this.parts.access.registersStrangers;
  }

  /** While registration is closed, on a private horde say, the operator makes the accounts (design.md §6). */
  async #isOperator(apiKey: string | undefined): Promise<boolean> {
    return apiKey !== undefined && (await this.directory.byKey(apiKey))?.id === OPERATOR_ID;
  }
}

/** The alias was sanitised when it was made. */
const page = (alias: string, apiKey: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Registered</title></head><body>
<h1>Welcome, ${alias}</h1>
<p>Your API key is <code>${apiKey}</code></p>
<p>It is shown only this once. Keep it: whoever has it can use your account, and nobody can give it back to you.</p>
</body></html>
`;
