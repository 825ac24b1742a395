import { describe, expect, it } from '@jest/globals';
import { SettableClock } from '../../test/support/ports.js';
import { iso } from '../kernel/clock.js';
import type { Recorded } from '../kernel/event.js';
import { PastMinute } from './past-minute.js';

const settled = (kind: 'image' | 'text', atMs: number, things: number, type = 'JobSettled.v1'): Recorded => ({
  stream: 'account-7', revision: 0, position: 1, id: 'id', type, data: { kind, settledAt: iso(atMs), things },
  metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});

const past = { last: () => Promise.resolve({ position: 3, sinceMs: 0 }) };

describe('the past minute', () => {
  it('counts what was delivered in it, by kind', () => {
    const clock = new SettableClock();
    const view = new PastMinute(past, clock);
    expect([view.things('image'), view.things('text')]).toEqual([0, 0]);
    view.apply(settled('image', clock.now(), 100));
    clock.pass(30_000);
    view.apply(settled('image', clock.now(), 20));
    view.apply(settled('text', clock.now(), 3));
    view.apply(settled('text', clock.now(), 5_000, 'JobSubmitted.v1'));
    expect([view.things('image'), view.things('text')]).toEqual([120, 3]);
    clock.pass(30_000);
    expect([view.things('image'), view.things('text')]).toEqual([120, 3]);
    clock.pass(1);
    expect([view.things('image'), view.things('text')]).toEqual([20, 3]);
    clock.pass(30_000);
    expect([view.things('image'), view.things('text')]).toEqual([0, 0]);
  });
  it('begins with the last minute of the log', async () => expect(await new PastMinute(past, new SettableClock()).open()).toBe(3));
});
