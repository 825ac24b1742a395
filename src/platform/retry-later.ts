/** Nothing was decided and nothing changed; the same call may succeed in a moment. The edge answers 503 with Retry-After. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  constructor(message: string, readonly retryAfterSeconds = 1) {
    super(message);
  }
}
