import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { workerMessages } from '../../projections/worker-messages/project.js';
import { activeMessages, findMessages, messagePage, MESSAGES_PAGE_SIZE, type MessageFilter } from '../../projections/worker-messages/queries.js';
import { personal, type Recorded } from '../../src/kernel/event.js';
import type { WorkerMessagePosted } from '../../src/workers/worker-message.events.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { deliver, emptied } from './delivery.js';

const START = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const AUTHOR = 7;
const OTHER = 8;
const WIPED = 9;
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const WORKER = id(900);
const at = (hours: number): string => new Date(START + hours * HOUR_MS).toISOString();

const posted = (number: number, parts: Partial<WorkerMessagePosted['data']> = {}, hours = 0) => ({ type: 'WorkerMessagePosted.v1', data: {
  message: id(number), worker: WORKER, author: AUTHOR, text: personal('user-7', `message "${number}" {}\\`), origin: personal('user-7', '7'), postedAt: at(hours), expiresAt: at(hours + 12), ...parts,
} });
const deleted = (number: number) => ({ type: 'WorkerMessageDeleted.v1', data: { message: id(number), by: 1, deletedAt: at(1) } });
const recorded = (facts: readonly { type: string; data: object }[]): Recorded[] => facts.map(({ type, data }, index) => ({
  stream: 'any-1', revision: index, position: index * 10, id: String(index), type, data,
  metadata: { $correlationId: '', $causationId: '', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'test' },
}));

const HISTORY = recorded([
  posted(1), posted(2, { worker: null, author: OTHER }), posted(3, { author: OTHER }), posted(4), deleted(4), posted(5, { author: WIPED }),
  posted(6, { text: { subject: 'user-7', erased: true } }), posted(7, { worker: id(901), expiresAt: at(1) }),
  { type: 'PersonalDataErased.v1', data: { user: WIPED, by: 1, erasedAt: at(1) } }, posted(8, { worker: null }, 2),
]);

describe('the read model of messages to workers', () => {
  let test: TestDatabase;
  beforeAll(async () => (test = await freshDatabase('worker_messages')), 60_000);
  afterAll(() => test.close());
  const idsOf = async (filter: Omit<MessageFilter, 'nowMs'>, offset = 0): Promise<number[]> =>
    (await messagePage(test.database, { nowMs: START + 2 * HOUR_MS, ...filter }, offset)).map((message) => Number(message.id.slice(-3)));

  describe.each([[[]], [HISTORY.map(() => 1)], [[3, 4]]])('in batches of %j', (sizes) => {
    beforeAll(async () => {
      await emptied(test.database, [workerMessages]);
      await deliver(test.database, workerMessages, { events: HISTORY, sizes });
    });

    it('lists them newest first: by author, with broadcasts or without, by worker, and by whether they are over', async () => {
      expect(await idsOf({})).toEqual([8, 7, 3, 2, 1]);
      expect(await idsOf({ author: AUTHOR })).toEqual([8, 7, 1]);
      expect(await idsOf({ author: AUTHOR, withBroadcasts: true })).toEqual([8, 7, 2, 1]);
      expect(await idsOf({ worker: WORKER })).toEqual([3, 1]);
      expect(await idsOf({ active: true })).toEqual([8, 3, 2, 1]);
      expect(await idsOf({ active: false })).toEqual([7]);
      expect(await idsOf({}, 3)).toEqual([2, 1]);
    });

    it('finds the words of those that can still be read', async () => {
      expect(await findMessages(test.database, [id(1), id(4), id(5), id(6)])).toEqual([
        { id: id(1), worker: WORKER, author: AUTHOR, text: 'message "1" {}\\', origin: '7', postedAt: START, expiresAt: START + 12 * HOUR_MS },
      ]);
    });

    it('knows what is still to be delivered', async () => {
      expect((await activeMessages(test.database, START + 2 * HOUR_MS)).map((message) => Number(message.id.slice(-3)))).toEqual([1, 2, 3, 8]);
    });
  });

  it('forgets what was over thirty days before a newer one, and shows a page at a time', async () => {
    const many = recorded([posted(1), ...Array.from({ length: MESSAGES_PAGE_SIZE + 1 }, (_, index) => posted(100 + index, {}, 12 + 30 * 24 + (index > 0 ? 1 : 0)))]);
    await emptied(test.database, [workerMessages]);
    await deliver(test.database, workerMessages, { events: many.slice(0, 2), sizes: [1] });
    expect(await idsOf({})).toEqual([100, 1]);
    await deliver(test.database, workerMessages, { events: many.slice(2), sizes: [] });
    expect([(await idsOf({})).length, (await idsOf({}, MESSAGES_PAGE_SIZE))]).toEqual([MESSAGES_PAGE_SIZE, [100]]);
  });
});
