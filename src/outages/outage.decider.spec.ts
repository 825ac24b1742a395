import { expect, it } from '@jest/globals';
import { given } from '../../test/support/given.js';
import { iso } from '../kernel/clock.js';
import { outageDecider, OUTAGES_REMEMBERED, type RecordOutage } from './outage.decider.js';
import type { OutageEnded } from './outage.events.js';

const second = (seconds: number): string => iso(Date.UTC(2026, 2, 1, 12) + seconds * 1_000);
const ended = (from: number, until: number): OutageEnded => ({ type: 'OutageEnded.v1', data: { from: second(from), until: second(until) } });
const record = (from: number, until: number): RecordOutage => ({ type: 'RecordOutage', from: second(from), until: second(until) });
const service = (...events: OutageEnded[]) => given(outageDecider, '', ...events);

it('is recorded from the last sign of service until the next', () => service().when(record(0, 300)).then(ended(0, 300)));
it('is no outage when it is shorter than two heartbeats', () => {
  service().when(record(0, 1.999)).thenNothing();
  service().when(record(0, 2)).then(ended(0, 2));
});
it('is recorded once by the nodes that come back from it', () => {
  service(ended(0, 300)).when(record(0, 300)).thenNothing();
  service(ended(0, 300)).when(record(0, 301)).thenNothing();
  service(ended(0, 300)).when(record(0, 302)).then(ended(300, 302));
  service(ended(0, 300)).when(record(310, 900)).then(ended(310, 900));
});
it('is nothing where a clock went back', () => service().when(record(300, 0)).thenNothing());
it('is told to who asks, and asking changes nothing', () => {
  service(ended(0, 300)).when({ type: 'ReadOutages' }).thenNothing();
  expect(service(ended(0, 300), ended(400, 500)).state().outages).toEqual([
    { fromMs: Date.parse(second(0)), untilMs: Date.parse(second(300)) }, { fromMs: Date.parse(second(400)), untilMs: Date.parse(second(500)) },
  ]);
});
it('is forgotten when enough newer ones are known', () => {
  const many = Array.from({ length: OUTAGES_REMEMBERED + 1 }, (_, at) => ended(at * 100, at * 100 + 50));
  const { outages } = service(...many).state();
  expect([outages.length, outages[0]!.fromMs, outages.at(-1)!.untilMs]).toEqual([OUTAGES_REMEMBERED, Date.parse(second(100)), Date.parse(second(OUTAGES_REMEMBERED * 100 + 50))]);
});
