import { codeOf } from './process-identity.js';

/** Seconds after which a client may ask again: a restart of the embedded server takes about one. */
const RETRY_AFTER_S = 2;

/** PostgreSQL cannot be reached or cannot work now. The edge answers 503 with Retry-After; background work tries again. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  readonly retryAfterSeconds = RETRY_AFTER_S;
}

/**
 * SQLSTATE classes that say nothing about our statement: connection (08), resources such as a full disk (53), operator
 * intervention (57), system (58), and a transaction to be tried again (40).
 */
const OUTAGE_CLASSES = new Set(['08', '40', '53', '57', '58']);
const SYSTEM_CALLS = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EACCES']);
/** The driver says these in words only. */
const DRIVER_WORDS = /Connection terminated|timeout exceeded when trying to connect|not queryable|Client was closed|Query read timeout|after calling end on the pool/;

const SQLSTATE = /^[0-9A-Z]{5}$/;
/** The five characters of a server's error; undefined for any other error. */
export const sqlStateOf = (error: unknown): string | undefined => {
  const code = codeOf(error);
  return typeof code === 'string' && SQLSTATE.test(code) && !SYSTEM_CALLS.has(code) ? code : undefined;
};

export const isOutage = (error: unknown): boolean => {
  if (error instanceof DatabaseUnavailable) return true;
  const state = sqlStateOf(error);
  if (state) return OUTAGE_CLASSES.has(state.slice(0, 2));
  return SYSTEM_CALLS.has(codeOf(error) ?? '') || DRIVER_WORDS.test(messageOf(error));
};

export const messageOf = (error: unknown): string => String((error as { message?: unknown } | undefined)?.message ?? error);

/** 25P02: an earlier statement of the transaction failed, and this one was not even tried. */
export const isFailedTransaction = (error: unknown): boolean => sqlStateOf(error) === '25P02';

/** Passes a result on; outages become DatabaseUnavailable, everything else stays what it is. */
export const translated = async <T>(promise: Promise<T>, onError?: (error: unknown) => void): Promise<T> => {
  try {
    return await promise;
  } catch (error) {
    const shown = isOutage(error) && !(error instanceof DatabaseUnavailable)
      ? new DatabaseUnavailable(`PostgreSQL is not available: ${messageOf(error)}`, { cause: error })
      : error;
    onError?.(shown);
    throw shown;
  }
};
