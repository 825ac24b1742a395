import { describe, expect, it } from '@jest/globals';
import type { Position } from '../platform/event-log/event-log.js';
import { NamesOfWorkers, WorkerNameRows } from './names-of-workers.js';

/** What the read model says, and what it was asked. */
class Rows extends WorkerNameRows {
  readonly names = new Map([['w1', 'Dreamer'], ['w2', 'Painter']]);
  readonly asked: { readonly workers: readonly string[]; readonly seen: Position }[] = [];
  /** Happens while it is asked. */
  meanwhile = (): void => undefined;
  namesOf(workers: readonly string[], seen: Position): Promise<ReadonlyMap<string, string>> {
    this.asked.push({ workers, seen });
    const found = new Map([...this.names].filter(([worker]) => workers.includes(worker)));
    this.meanwhile();
    return Promise.resolve(found);
  }
}
const event = (type: string, data: object, position: Position) => ({ type, data, position });
const HEAD = 7;

describe('names of workers', () => {
  const setup = async () => {
    const rows = new Rows();
    const names = new NamesOfWorkers(rows, { head: () => Promise.resolve(HEAD) });
    await names.open();
    return { rows, names };
  };

  it('are asked for once, of a read model that has come as far as this node had when it started', async () => {
    const { rows, names } = await setup();
    for (const _ of [1, 2]) expect([...(await names.of(['w1', 'w2', 'gone']))]).toEqual([['w1', 'Dreamer'], ['w2', 'Painter']]);
    expect(rows.asked).toEqual([{ workers: ['w1', 'w2', 'gone'], seen: HEAD }, { workers: ['gone'], seen: HEAD }]);
  });
  it.each([
    ['is renamed', event('WorkerRenamed.v1', { worker: 'w1' }, 40)],
    ['is deleted', event('WorkerDeleted.v1', { worker: 'w1' }, 40)],
    ['has an owner who is erased', event('PersonalDataErased.v1', { user: 12 }, 40)],
  ])('are asked for again when a worker %s, of a read model that has seen it', async (_what, happened) => {
    const { rows, names } = await setup();
    await names.of(['w1']);
    rows.names.delete('w1');
    names.apply(happened);
    expect((await names.of(['w1'])).has('w1')).toBe(false);
    expect(rows.asked.at(-1)).toEqual({ workers: ['w1'], seen: 40 });
  });
  it('are not kept when one may have changed while they were asked for', async () => {
    const { rows, names } = await setup();
    rows.meanwhile = () => { names.apply(event('WorkerRenamed.v1', { worker: 'w1' }, 50)); };
    expect((await names.of(['w1'])).get('w1')).toBe('Dreamer');
    rows.meanwhile = () => undefined;
    rows.names.set('w1', 'Sleeper');
    expect((await names.of(['w1'])).get('w1')).toBe('Sleeper');
  });
  it('stay when something else happens', async () => {
    const { rows, names } = await setup();
    await names.of(['w1']);
    names.apply(event('UptimeAccrued.v1', { worker: 'w1' }, 60));
    names.apply(event('WorkerRenamed.v1', { worker: 'w2' }, 61));
    await names.of(['w1']);
    expect(rows.asked).toHaveLength(1);
  });
  it('are a bounded number', async () => {
    const { rows, names } = await setup();
    for (let at = 0; at < 10_001; at++) rows.names.set(`many-${at}`, 'One of many');
    await names.of([...rows.names.keys()]);
    expect((await names.of(['w1'])).get('w1')).toBe('Dreamer'); // the oldest has gone
    expect(rows.asked).toHaveLength(2);
  });
});
