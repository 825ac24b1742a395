import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LogUnavailable, OutcomeUnknown } from '../event-log/event-log.js';
import { logOf, loggable } from '../telemetry/logger.js';
import { InvalidInput, isRetryLater, PlainRefusal, Refused, type ReplyHeaders } from './refusals.js';

/** What any thrown value becomes on the wire (horde-api E.1; `/v1`: RFC 9457). */
interface Answer {
  readonly status: number;
  readonly message: string;
  readonly rc?: string;
  readonly invalid?: InvalidInput;
  readonly headers?: ReplyHeaders;
}

/** Seconds after which a log that could not take a write is worth another try: an election takes about as long. */
const RETRY_AFTER_SECONDS = 2;

/** Answers with the shape of the path's API and logs what nobody expected. The one way out for every error. */
export const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  if (isGone(request) || request.isGivenUp) return;
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy(); // half an answer cannot be taken back: the client must see that it is broken
    return;
  }
  const answer = answerOf(error);
  if (answer.status >= 500 && answer.status !== 503) {
    logOf(request).error({ error: loggable(error), route: request.routeOptions.url }, 'request failed');
  }
  send(answer, request, reply);
};

/** Answers a failure that is no exception (an unknown path, a limit). */
export const answerPlainly = (status: number, message: string, request: FastifyRequest, reply: FastifyReply): void => {
  send({ status, message }, request, reply);
};

const isGone = ({ raw }: FastifyRequest): boolean => raw.destroyed && !raw.complete; // hung up before the body was there

const send = (answer: Answer, request: FastifyRequest, reply: FastifyReply): void => {
  const problem = isProblemPath(pathOf(request));
  const body = problem ? problemOf(answer) : plainBody(answer);
  void reply
    .code(problem ? problemStatus(answer) : answer.status)
    .headers(answer.headers ?? {})
    .type(problem ? 'application/problem+json' : 'application/json; charset=utf-8')
    .send(body);
};

const plainBody = ({ message, rc, invalid }: Answer): object =>
  invalid ? { errors: invalid.errors, message } : rc ? { message, rc } : { message };

/** The route's pattern where there is one: a raw target may be spelled in many ways (`/%761/`, `http://host/v1/`). */
const pathOf = ({ routeOptions, url }: FastifyRequest): string => routeOptions.url ?? url;

/** Errors below `/v1/` are problem documents (design §6). */
export const isProblemPath = (url: string): boolean => url.startsWith('/v1/') || url === '/v1';

const problemStatus = ({ status, invalid }: Answer): number => (invalid?.place === 'body' ? 422 : status);

const problemOf = (answer: Answer): object => {
  const { message, rc, invalid } = answer;
  const status = problemStatus(answer);
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    ...(rc && { rc }),
    ...(invalid && { errors: Object.entries(invalid.errors).map(([path, detail]) => ({ detail, ...whereIn(invalid, path) })) }),
  };
};

const whereIn = ({ place }: InvalidInput, path: string): object =>
  place === 'body' ? { pointer: pointer(path) } : { parameter: path };

/** `params.loras.0` as a JSON pointer in a URI fragment. */
const pointer = (path: string): string => `#${path === '' ? '' : `/${path.split('.').map(encodeURIComponent).join('/')}`}`;

const answerOf = (error: unknown): Answer => {
  if (error instanceof Refused) return { status: error.status, message: error.message, rc: error.rc, headers: error.headers };
  if (error instanceof PlainRefusal) return { status: error.status, message: error.message, headers: error.headers };
  if (error instanceof InvalidInput) return { status: 400, message: error.message, invalid: error };
  const retryAfterSeconds = retryAfter(error);
  if (retryAfterSeconds !== undefined) return unavailable(retryAfterSeconds);
  if (error instanceof HttpException && error.getStatus() < 500) return { status: error.getStatus(), message: error.message };
  return faultOfTransport(error) ?? { status: 500, message: 'Internal Server Error' };
};

/** A disk is full until somebody has noticed. */
const RETRY_AFTER_FULL_SECONDS = 30;
const DISK_IS_FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Seconds after which the same call may succeed, if the error is of the kind that passes. */
export const retryAfter = (error: unknown): number | undefined => {
  if (isRetryLater(error)) return error.retryAfterSeconds;
  if (DISK_IS_FULL.has((error as { code?: string } | null)?.code ?? '')) return RETRY_AFTER_FULL_SECONDS;
  return error instanceof LogUnavailable || error instanceof OutcomeUnknown ? RETRY_AFTER_SECONDS : undefined;
};

const unavailable = (retryAfterSeconds: number): Answer => ({
  status: 503,
  rc: 'ServiceUnavailable',
  message: 'The ledger cannot answer right now. Please repeat the same request in a moment.',
  headers: { 'retry-after': Math.max(1, Math.ceil(retryAfterSeconds)) },
});

/** Errors of Fastify's own reading of a request, in our words: theirs may quote the request. */
const faultOfTransport = (error: unknown): Answer | undefined => {
  if (!(error instanceof Error)) return undefined;
  const { code = '', statusCode = 500 } = error as Error & { code?: string; statusCode?: number };
  if (!code.startsWith('FST_') || statusCode >= 500) return undefined;
  return TRANSPORT_FAULTS.get(code) ?? { status: statusCode, message: STATUS_CODES[statusCode] ?? 'Bad Request' };
};

export const NO_SUCH_PATH = 'There is nothing at this path.';
export const NO_JSON_TYPE = 'The request body must be sent with Content-Type: application/json.';

const TRANSPORT_FAULTS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['FST_ERR_BAD_URL', { status: 404, message: NO_SUCH_PATH }],
  ['FST_ERR_MAX_PARAM_LENGTH', { status: 404, message: NO_SUCH_PATH }],
  ['FST_ERR_CTP_BODY_TOO_LARGE', { status: 413, message: 'The request body is too large.' }],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', { status: 400, message: NO_JSON_TYPE }],
]);
