/**
 * How a refusal leaves the process. Deciders know the `rc`; its status and words stand here, beside the controllers. The
 * classes below live between handler and edge only.
 */
export type Detail = Readonly<Record<string, string | number>>;
/** Status and words of every return code of a feature: a forgotten one does not compile. */
export type Refusals<Rc extends string> = Readonly<
  Record<Rc, readonly [status: number, message: string | ((detail: Detail) => string)]>
>;
export type ReplyHeaders = Readonly<Record<string, string | number>>;

/** A refusal with a return code: `{message, rc}` under `/api/v2`, a problem document under `/v1`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly rc: string, readonly status: number, message: string, readonly headers: ReplyHeaders = {}) {
    super(message);
  }
}

/** The refusal to throw for a decision's `rc` and `detail`. */
export const refusedBy = <Rc extends string>(refusals: Refusals<Rc>, rc: Rc, detail: Detail = {}): Refused => {
  const [status, message] = refusals[rc];
  return new Refused(rc, status, typeof message === 'string' ? message : message(detail));
};

/** A refusal without a return code: `{message}` (malformed JSON, masks, rate limits; horde-api E.1). */
export class PlainRefusal extends Error {
  override readonly name = 'PlainRefusal';
  constructor(readonly status: number, message: string, readonly headers: ReplyHeaders = {}) {
    super(message);
  }
}

/** Dotted path or parameter → text: 400 with `errors` under `/api/v2`; under `/v1` 422 for a body, 400 for the rest. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  constructor(readonly errors: Readonly<Record<string, string>>, readonly place: 'body' | 'parameter' = 'parameter') {
    super('Input payload validation failed');
  }
}

/**
 * Whether an error is over in a moment (`platform/retry-later.ts`, or anything else with its `retryAfterSeconds`): the edge then
 * answers 503 `ServiceUnavailable` with `Retry-After`. Known by its shape, so that nothing below has to import HTTP.
 */
export const isRetryLater = (error: unknown): error is Error & { readonly retryAfterSeconds: number } =>
  error instanceof Error && typeof (error as { readonly retryAfterSeconds?: unknown }).retryAfterSeconds === 'number';

/** Missing where it is required (horde-api B.2). */
export const missingHeader = (name: string): InvalidInput =>
  new InvalidInput({ [name]: 'Missing required parameter in the HTTP headers' });

/** U+0000 in something that would be stored (horde-api F.2). */
export const nulByte = (): Refused =>
  new Refused('NulByteInPayload', 400, 'The request contains a NUL character, which cannot be stored.');
