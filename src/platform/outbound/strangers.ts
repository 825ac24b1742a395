import { OutboundFailed } from './outbound.js';

/** A call to a URL that somebody else chose. */
export interface StrangerCall {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Posted where there is one; else the URL is got. */
  readonly body?: string;
}
export interface StrangerLimits {
  /** Until the name is resolved, and the connection made and encrypted. */
  readonly connectMs: number;
  /** Until the last byte, redirects included. */
  readonly totalMs: number;
  /** 0: nothing is read but the status. */
  readonly bytesMax: number;
  readonly redirectsMax: number;
}
export interface StrangerAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** The answer is larger than was allowed. */
export class AnswerTooLarge extends OutboundFailed {}

/** Servers whose addresses strangers name: a door of its own, for whoever names an address must not choose what this server can reach. */
export abstract class Strangers {
  /** Why a URL is never called, whatever its name resolves to; undefined when it may be. */
  abstract refusalOf(url: string): string | undefined;
  /** Whatever the status. @throws OutboundFailed it was not called, or did not answer as asked; AnswerTooLarge */
  abstract call(call: StrangerCall, limits: StrangerLimits, signal?: AbortSignal): Promise<StrangerAnswer>;
}
