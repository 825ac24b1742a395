import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { traceparentOf } from '../telemetry/logger.js';
import type { BodyClass } from './body/rules.js';
import { clientIpOf, spokenFor } from './limits/client-ip.js';
import { decodePosition, malformedPosition, POSITION_HEADER } from './kudos-position.js';
import { InvalidInput, missingHeader } from './refusals.js';
import { specOf, type RouteSpec } from './route-spec.js';

/**
 * Parameters of handlers. Those that can be refused (`StrictBody`, `ApiKey`) only declare: the route's hook checks body,
 * then headers, before the handler is called, in that order whatever the order of the parameters (horde-api F.1).
 */
type Declare = (spec: RouteSpec) => void;

const parameter = (read: (request: FastifyRequest) => unknown, declare?: Declare): ParameterDecorator => {
  const reads = createParamDecorator((_data: unknown, context: ExecutionContext) =>
    read(context.switchToHttp().getRequest<FastifyRequest>()))();
  return (controller, method, index) => {
    if (method === undefined) throw new TypeError('only parameters of methods come from requests');
    declare?.(specOf(controller, method));
    reads(controller, method, index);
  };
};

const checkedBody = (mode: NonNullable<RouteSpec['body']>['mode'], type: BodyClass): ParameterDecorator =>
  parameter((request) => request.checkedBody, (spec) => { spec.body = { mode, type }; });

/** A JSON body without coercion (horde-api F.2). Under `/v1/` unknown members are refused, elsewhere dropped. */
export const StrictBody = (type: BodyClass): ParameterDecorator => checkedBody('strict', type);
/** A JSON body with coercion, in which null and nonsense count as nothing (horde-api F.3). */
export const LooseBody = (type: BodyClass): ParameterDecorator => checkedBody('loose', type);
/** The fields of an HTML form; otherwise as LooseBody. */
export const FormBody = (type: BodyClass): ParameterDecorator => checkedBody('form', type);

/** The caller's key as it was sent, unresolved; without one 400 `errors.apikey`, under `/v1/` 401. */
export const ApiKey = (): ParameterDecorator => parameter(apiKeyOf, (spec) => { spec.apiKey = 'required'; });
/** As ApiKey, or undefined. For routes where something else is refused before a missing key (`missingHeader`). */
export const OptionalApiKey = (): ParameterDecorator => parameter(apiKeyOf, (spec) => { spec.apiKey ??= 'optional'; });

const header = ({ headers }: FastifyRequest, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};
export const apiKeyOf = (request: FastifyRequest): string | undefined => header(request, 'apikey');

export const UNKNOWN_AGENT = 'unknown:0:unknown';
const AGENT_MAX = 1_000; // stored with every request; as long as a bridge agent may be (horde-api C1.5)

/** `name:version:contact` as the client calls itself, unchecked, cut to 1,000 characters. */
export const ClientAgent = (): ParameterDecorator =>
  parameter(clientAgentOf);
const clientAgentOf = (request: FastifyRequest): string => (header(request, 'client-agent') ?? UNKNOWN_AGENT).slice(0, AGENT_MAX);

export const ClientIp = (): ParameterDecorator =>
  parameter(clientIp);
export const clientIp = (request: FastifyRequest): string => clientIpOf(request, request.server.hordeEdge.proxyHops);

/** Who sends something, besides the key. */
export interface SentFrom {
  readonly clientAgent: string;
  readonly ip: string;
  /** A service account has named the address of whom it speaks for. */
  readonly isSpokenFor?: true;
}
/** `ClientAgent` and `ClientIp` together. */
export const Sender = (): ParameterDecorator => parameter((request): SentFrom => ({ clientAgent: clientAgentOf(request), ip: clientIp(request) }));

/** As `Sender`; of a service account that speaks for somebody else, that one's address (horde-api B.2). */
export const ProxiedSender = (): ParameterDecorator => parameter((request): SentFrom => {
  const spoken = spokenFor(request, request.server.hordeEdge.proxiedFor);
  return { clientAgent: clientAgentOf(request), ...(spoken === undefined ? { ip: clientIp(request) } : { ip: spoken, isSpokenFor: true }) };
});

export const IDEMPOTENCY_KEY_MAX = 255; // spec/ledger.md §3.6

/** The `Idempotency-Key`, or undefined without one. @throws InvalidInput when it is longer than 255 characters */
export const IdempotencyKey = (): ParameterDecorator => parameter(idempotencyKeyOf);

/** @throws InvalidInput when it is longer than 255 characters */
export const idempotencyKeyOf = (request: FastifyRequest): string | undefined => {
  const key = header(request, 'idempotency-key')?.trim();
  if (key === undefined || key === '') return undefined;
  if (key.length > IDEMPOTENCY_KEY_MAX) throw new InvalidInput({ 'Idempotency-Key': `Longer than ${IDEMPOTENCY_KEY_MAX} characters` });
  return key;
};

export interface MoneyKeys {
  readonly apiKey: string;
  readonly idempotencyKey: string;
}

/** Both keys of a route that moves kudos under `/v1/`: without the caller's 401, without an `Idempotency-Key` 400 (spec/ledger.md §4.7). */
export const MoneyKeysOf = (): ParameterDecorator => parameter((request): MoneyKeys => {
  const idempotencyKey = idempotencyKeyOf(request);
  if (idempotencyKey === undefined) throw missingHeader('Idempotency-Key');
  return { apiKey: apiKeyOf(request)!, idempotencyKey };
}, (spec) => { spec.apiKey = 'required'; });

/** The position that the caller wants to have seen, or undefined. GET routes have waited for it already. */
export const KudosPositionHeader = (): ParameterDecorator => parameter(positionOf);

/** @throws InvalidInput a position that was never ours */
export const positionOf = (request: FastifyRequest): number | undefined => {
  const text = header(request, POSITION_HEADER);
  if (text === undefined) return undefined;
  const position = decodePosition(text.trim());
  if (position === undefined) throw malformedPosition();
  return position;
};

/** The W3C trace context of the call, if it is valid. */
export const Traceparent = (): ParameterDecorator => parameter(traceparentOf);

declare module 'fastify' {
  interface FastifyRequest {
    /** An instance of the route's body class, once its hook has run. */
    checkedBody: object | null;
  }
}
