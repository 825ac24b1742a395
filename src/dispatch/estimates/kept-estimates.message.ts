import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { categoryOf, idOf, type Recorded } from '../../kernel/event.js';
import type { Position } from '../../platform/event-log/event-log.js';
import type { NodeFold } from '../../platform/event-log/node-feed.js';
import type { JobAssigned, RequestCompleted, RequestKind } from '../../requests/request.events.js';
import { LiveQueue } from '../live-queue.message.js';
import { Forecasts } from './forecasts.js';
import { isWithin } from './promise.message.js';
import { RecentDispatch } from './recent-dispatch.js';

/** Of which moment: the first hand-out of a request, or the delivery of its last job. */
export type Moment = 'start' | 'done';

/** What estimates were worth; undefined while none has come true. Shares of 1, seconds. */
export interface EstimateFigures {
  readonly measured: number;
  readonly within: number;
  /** Told too late: positive; told too early: negative. */
  readonly meanDifferenceS: number;
  readonly meanErrorS: number;
}

/** Requests that are watched from their acceptance on, in a second: enough to know, and next to no work. */
const WATCHED_A_SECOND = 10;
const WATCHED_MAX = 5_000;
/** Latest ones that the figures are of. */
export const REMEMBERED = 1_000;

interface Watched {
  readonly kind: RequestKind;
  readonly acceptedAtMs: number;
  readonly startS: number;
  readonly doneS: number;
  isStarted: boolean;
}
interface Outcome {
  readonly toldS: number;
  readonly trueS: number;
}
const none = (): Record<RequestKind, Outcome[]> => ({ image: [], text: [], alchemy: [] });

/** Compares what a request would have been told when it was accepted with what came true. Begins empty. */
@Injectable()
export class KeptEstimates implements NodeFold {
  readonly name = 'kept estimates';
  readonly #watched = new Map<string, Watched>();
  readonly #outcomes: Readonly<Record<Moment, Record<RequestKind, Outcome[]>>> = { start: none(), done: none() };
  #second = 0;
  #inSecond = 0;

  constructor(private readonly queue: LiveQueue, private readonly forecasts: Forecasts, private readonly recent: RecentDispatch, private readonly clock: Clock) {}

  open(): Promise<Position> {
    return this.recent.open(); // what it forecasts from begins there too
  }

  /** After the queue and what forecasts are made from. */
  apply({ stream, type, data }: Recorded): void {
    if (categoryOf(stream) !== 'request') return;
    const request = idOf(stream);
    if (type === 'RequestAccepted.v1') return this.#accepted(request);
    const watched = this.#watched.get(request);
    if (!watched) return;
    if (type === 'JobAssigned.v1') this.#started(watched, Date.parse((data as JobAssigned['data']).assignedAt));
    else if (type === 'RequestCompleted.v1') this.#completed(request, watched, data as RequestCompleted['data']);
  }

  figures(kind: RequestKind, moment: Moment): EstimateFigures | undefined {
    const outcomes = this.#outcomes[moment][kind];
    if (outcomes.length === 0) return undefined;
    const mean = (of: (outcome: Outcome) => number): number => outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
    return {
      measured: outcomes.length, within: mean(({ toldS, trueS }) => Number(isWithin(toldS, trueS))),
      meanDifferenceS: mean(({ toldS, trueS }) => toldS - trueS), meanErrorS: mean(({ toldS, trueS }) => Math.abs(toldS - trueS)),
    };
  }

  /** What was handed out before it could be told anything is not measured, nor what nobody can serve: it was promised nothing. */
  #accepted(request: string): void {
    const entry = this.queue.find(request);
    if (!entry || entry.waiting < entry.facts.jobs || !this.#mayWatch()) return;
    const { startS, doneS, isHopeless } = this.forecasts.of(entry);
    if (isHopeless) return;
    const { facts: { kind }, acceptedAtMs } = entry;
    this.#watched.set(request, { kind, acceptedAtMs, startS: startS === Infinity ? doneS : startS, doneS, isStarted: false });
    if (this.#watched.size > WATCHED_MAX) this.#watched.delete(this.#watched.keys().next().value!);
  }

  #mayWatch(): boolean {
    const second = Math.floor(this.clock.monotonic() / 1_000);
    this.#inSecond = second === this.#second ? this.#inSecond + 1 : 1;
    this.#second = second;
    return this.#inSecond <= WATCHED_A_SECOND;
  }

  #started(watched: Watched, atMs: number): void {
    if (watched.isStarted) return;
    watched.isStarted = true;
    this.#note('start', watched.kind, { toldS: watched.startS, trueS: (atMs - watched.acceptedAtMs) / 1_000 });
  }

  /** One that expired with nobody having come waited at least as long; what its sender withdrew says nothing. */
  #completed(request: string, watched: Watched, { outcome, completedAt }: RequestCompleted['data']): void {
    this.#watched.delete(request);
    const atMs = Date.parse(completedAt);
    if (outcome === 'expired') this.#started(watched, atMs);
    if (outcome === 'done') this.#note('done', watched.kind, { toldS: watched.doneS, trueS: (atMs - watched.acceptedAtMs) / 1_000 });
  }

  #note(moment: Moment, kind: RequestKind, outcome: Outcome): void {
    const outcomes = this.#outcomes[moment][kind];
    outcomes.push(outcome);
    if (outcomes.length > REMEMBERED) outcomes.shift();
  }
}
