import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { inKudos, kudos, type Kudos } from '../kernel/kudos.js';
import { parseJson } from '../platform/http/body/json-body.js';
import { setKudosPosition } from '../platform/http/kudos-position.js';
import { PlainRefusal } from '../platform/http/refusals.js';
import { Callers, NoMask, RateLimit } from '../platform/http/route-spec.js';
import { sanitised } from '../platform/sanitised-text.js';
import { DevAccess } from './dev-access.js';
import { aliasOf } from './directory.message.js';
import { TestUsers, type TestUserAsked } from './test-users.js';

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;
/** What proxies add: behind one on this machine, everybody comes from the loopback address. */
const FORWARDED = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'];
const KUDOS_MAX = 1_000_000_000_000;
const NAME_MAX = 30;
const OAUTH_ID_MAX = 50;

/** CI bootstrap (horde-api C17.1): hidden unless HORDE_TEST_APIKEYS is on, and only from a genuine loopback socket. */
@Controller('api/v2/dev/test-user')
export class DevUserController {
  constructor(private readonly users: TestUsers, private readonly access: DevAccess) {}

  @Post() @Callers('anyone') @RateLimit('RL-D') @NoMask()
  async make(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    if (!this.access.open) throw new PlainRefusal(404, 'Not Found');
    if (!LOOPBACK.test(request.raw.socket.remoteAddress ?? '') || FORWARDED.some((name) => name in request.headers)) throw new PlainRefusal(403, 'Only from the loopback address.');
    const made = await this.users.make(asked(request.body));
    void reply.status(made.created ? 201 : 200).header('Cache-Control', 'no-store');
    setKudosPosition(reply, made.position);
    const { user, apiKey, created, balance } = made;
    return {
      api_key: apiKey, user_id: String(user.id), username: user.name, alias: aliasOf(user), kudos: inKudos(balance),
      trusted: user.roles.has('trusted'), moderator: user.roles.has('moderator'), created,
    };
  }
}

const objectIn = (body: unknown): Readonly<Record<string, unknown>> => {
  if (!Buffer.isBuffer(body) || body.length === 0) return {};
  const parsed = parseJson(body);
  const isObject = 'value' in parsed && typeof parsed.value === 'object' && parsed.value !== null && !Array.isArray(parsed.value);
  if (!isObject) throw new PlainRefusal(400, 'The body must be a JSON object.');
  return parsed.value as Record<string, unknown>;
};

const DEFAULTS = { username: 'test_user', oauth_id: 'ci_test_user', moderator: true, trusted: true, kudos: 10_000 };

const asked = (body: unknown): TestUserAsked => {
  const { username, oauth_id: oauthId, moderator, trusted, kudos: amount }: Record<keyof typeof DEFAULTS, unknown> = { ...DEFAULTS, ...objectIn(body) };
  const name = sanitised(textIn('username', username, NAME_MAX), NAME_MAX);
  if (typeof moderator !== 'boolean' || typeof trusted !== 'boolean') throw new PlainRefusal(400, 'moderator and trusted must be booleans.');
  return { username: name, oauthId: textIn('oauth_id', oauthId, OAUTH_ID_MAX), moderator, trusted, kudos: amount === null ? null : kudosIn(amount) };
};

const textIn = (member: string, value: unknown, max: number): string => {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= max && !value.includes('\0')) return value;
  throw new PlainRefusal(400, `${member} must be a text of 1 to ${max} characters, and none of them NUL.`);
};

const kudosIn = (amount: unknown): Kudos => {
  if (Number.isInteger(amount) && Number(amount) >= 0 && Number(amount) <= KUDOS_MAX) return kudos(Number(amount));
  throw new PlainRefusal(400, 'kudos must be null or a whole number from 0 on.');
};
