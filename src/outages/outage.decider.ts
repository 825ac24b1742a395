import { iso } from '../kernel/clock.js';
import { accept, type Decider } from '../kernel/decider.js';
import type { Outage } from '../kernel/outage.js';
import type { OutageEvent } from './outage.events.js';

/** The newest outages, oldest first. */
export interface Service {
  readonly outages: Outage[];
}

/** From the last moment that any node is known to have served. */
export interface RecordOutage {
  readonly type: 'RecordOutage';
  readonly from: string;
  readonly until: string;
}
/** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
export interface ReadOutages {
  readonly type: 'ReadOutages';
}
export type OutageCommand = RecordOutage | ReadOutages;

/** Shorter ones are a pause between two heartbeats; deadlines are minutes. */
export const OUTAGE_MIN_MS = 2_000;
/** Nothing that is under way has begun so many outages ago: even one a minute reaches back for hours. */
export const OUTAGES_REMEMBERED = 500;

/** Several nodes come back from the same outage: what one of them has recorded is not recorded again. */
const record = ({ from, until }: RecordOutage, { outages }: Service): readonly OutageEvent[] => {
  const fromMs = Math.max(Date.parse(from), outages.at(-1)?.untilMs ?? -Infinity);
  return Date.parse(until) - fromMs < OUTAGE_MIN_MS ? [] : [{ type: 'OutageEnded.v1', data: { from: iso(fromMs), until } }];
};

export const outageDecider: Decider<Service, OutageCommand, OutageEvent, never> = {
  category: 'service',
  stateVersion: 1,
  initialState: () => ({ outages: [] }),
  evolve: (service, { data: { from, until } }) => {
    service.outages.push({ fromMs: Date.parse(from), untilMs: Date.parse(until) });
    if (service.outages.length > OUTAGES_REMEMBERED) service.outages.shift();
    return service;
  },
  decide: (command, service) => (command.type === 'ReadOutages' ? accept() : accept(...record(command, service))),
};
