import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/platform/postgres/database.js';
import { DatabaseUnavailable } from '../../src/platform/postgres/database-errors.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';

let postgres: TestDatabase;
let database: Database;
beforeAll(async () => {
  postgres = await freshDatabase('lane');
  database = new Database({ url: postgres.url, log: () => undefined, poolMax: 3 });
}, 60_000);
afterAll(async () => {
  await database.close();
  await postgres.close();
});

const half = async (of: number): Promise<{ half: number; pid: number }> => {
  const [row] = await database.query<{ half: number; pid: number }>('SELECT $1::int / $2::int AS half, pg_backend_pid() AS pid', [of, of === 13 ? 0 : 2], 'half');
  return row!;
};
const settled = (numbers: readonly number[]) => Promise.allSettled(numbers.map(half));

describe('short prepared reads', () => {
  it('share one connection, and each caller gets its own answer', async () => {
    const numbers = Array.from({ length: 200 }, (_, index) => 2 * index + 100);
    const answers = await Promise.all(numbers.map(half));
    expect(answers.map((answer) => answer.half)).toEqual(numbers.map((number) => number / 2));
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
  });

  it('fail one by one', async () => {
    const answers = await settled([10, 13, 20]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({ reason: { code: '22012' } });
  });

  it('say that PostgreSQL is away when their connection is lost, and go on with another one', async () => {
    const { pid } = await half(2);
    const asleep = database.query('SELECT pg_sleep(60)', [], 'asleep');
    const behind = half(4);
    await database.execute('SELECT pg_terminate_backend($1)', [pid]);
    await expect(asleep).rejects.toThrow(DatabaseUnavailable);
    await expect(behind).rejects.toThrow(DatabaseUnavailable);
    const after = await half(6);
    expect(after.half).toBe(3);
    expect(after.pid).not.toBe(pid);
  });

  it('are answered before their door closes, and refused afterwards', async () => {
    const other = new Database({ url: postgres.url, log: () => undefined });
    const asked = Promise.all([1, 2, 3].map((number) => other.query('SELECT $1::int AS number', [number], 'number')));
    await other.query('SELECT 1');
    await Promise.all([expect(asked).resolves.toEqual([[{ number: 1 }], [{ number: 2 }], [{ number: 3 }]]), other.close()]);
    await expect(other.query('SELECT $1::int AS number', [4], 'number')).rejects.toThrow(DatabaseUnavailable);
  });
});
