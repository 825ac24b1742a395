import { describe, expect, it } from '@jest/globals';
import { SettableClock } from '../../test/support/ports.js';
import { iso } from '../kernel/clock.js';
import type { Recorded } from '../kernel/event.js';
import { WorkerMail, type Message } from './worker-mail.message.js';

const START = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const message = (id: string, worker: string | null, hours = 12, author = 7): Message => ({ id, worker, author, expiresAt: START + hours * HOUR_MS, postedAt: START, text: `words of ${id}`, origin: 'somebody' });
const event = (type: string, data: object): Recorded => ({
  stream: 's', revision: 0, position: 1, id: 'id', type, data, metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
});
const posted = ({ id, worker, author, expiresAt }: Message): Recorded => event('WorkerMessagePosted.v1', { message: id, worker, author, expiresAt: iso(expiresAt) });

const mailOf = async (known: readonly Message[]) => {
  const clock = new SettableClock(START);
  const rows = { stored: [...known], asked: [] as (readonly string[])[] };
  const mail = new WorkerMail({
    active: () => Promise.resolve({ position: 3, notices: known }),
    messages: (ids) => { rows.asked.push(ids); return Promise.resolve(rows.stored.filter(({ id }) => ids.includes(id))); },
  }, clock);
  expect(await mail.open()).toBe(3);
  const delivered = async (worker: string): Promise<string[]> => (await mail.deliver(worker)).map(({ id }) => id);
  return { mail, clock, rows, delivered };
};

describe('mail', () => {
  it('goes to its worker and, if it is for all, to everyone, with every pop', async () => {
    const { mail, delivered, rows } = await mailOf([message('a', 'w'), message('b', null)]);
    mail.apply(posted(message('a', 'w'))); // the feed brings what the rows had
    for (let pop = 0; pop < 3; pop++) expect([await delivered('w'), await delivered('x')]).toEqual([['b', 'a'], ['b']]);
    expect(rows.asked).toEqual([['b', 'a']]); // words are fetched once
    expect((await mail.deliver('w'))[1]).toEqual({ id: 'a', message: 'words of a', origin: 'somebody', expiry: 'Mon, 02 Mar 2026 00:00:00 -0000' });
    expect((await mail.toWorker('w')).map(({ id }) => id)).toEqual(['a']);
  });

  it('is looked for by nobody who has none', async () => {
    const { delivered, rows } = await mailOf([message('a', 'w')]);
    expect([await delivered('x'), rows.asked]).toEqual([[], []]);
  });

  it('comes with a later pop when its words are not known yet', async () => {
    const { mail, delivered, rows } = await mailOf([]);
    mail.apply(posted(message('a', 'w')));
    expect(await delivered('w')).toEqual([]);
    rows.stored.push(message('a', 'w'));
    expect(await delivered('w')).toEqual(['a']);
  });

  it('ends when it expires, is deleted, or loses its author', async () => {
    const { mail, clock, delivered } = await mailOf([message('hour', 'w', 1), message('gone', 'w'), message('orphan', null, 12, 8), message('last', 'w')]);
    expect([await delivered('w'), mail.countFor('w'), mail.countFor(null)]).toEqual([['orphan', 'hour', 'gone', 'last'], 3, 1]);
    mail.apply(event('WorkerMessageDeleted.v1', { message: 'gone' }));
    mail.apply(event('PersonalDataErased.v1', { user: 8 }));
    clock.pass(HOUR_MS);
    expect([await delivered('w'), mail.countFor('w'), mail.countFor(null)]).toEqual([['last'], 1, 0]);
    mail.apply(posted(message('late', 'w', 1))); // from a feed that was behind
    expect(await delivered('w')).toEqual(['last']);
    mail.apply(event('WorkerDeleted.v1', { worker: 'w' }));
    expect(mail.countFor('w')).toBe(0);
  });
});
