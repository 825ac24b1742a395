import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { PLATFORM_MIGRATIONS } from '../../src/platform/postgres/platform-migrations.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase('migrate');
}, 60_000);
afterAll(() => db.close());

describe('the platform schema', () => {
  it('is made once by twenty clients that come at once', async () => {
    const clients = Array.from({ length: 20 }, () => db.connect());
    const taken = await Promise.all(clients.map((client) => migrate(client, PLATFORM_MIGRATIONS)));
    expect(taken.flat().sort()).toEqual(PLATFORM_MIGRATIONS.map(({ name }) => name));
    await Promise.all(clients.map((client) => client.close()));
  }, 60_000);

  it('is left alone the second time', async () => {
    expect(await migrate(db.database, PLATFORM_MIGRATIONS)).toEqual([]);
  });

  it('refuses a step that was edited after it had been applied', async () => {
    const [first, ...rest] = PLATFORM_MIGRATIONS;
    await expect(migrate(db.database, [{ ...first!, sql: `${first!.sql} -- improved` }, ...rest])).rejects.toThrow(/0001-vault .* was edited/);
  });

  it('refuses a database that a newer release has changed', async () => {
    await expect(migrate(db.database, PLATFORM_MIGRATIONS.slice(0, -1))).rejects.toThrow(/newer release/);
  });

  it('takes no step at all when one of them fails', async () => {
    const broken = { name: '9999-broken', sql: 'CREATE TABLE platform.half (a int); CREATE TABLE nowhere.whole (a int)' };
    await expect(migrate(db.database, [...PLATFORM_MIGRATIONS, broken])).rejects.toThrow(/nowhere/);
    expect(await db.database.query(`SELECT to_regclass('platform.half') AS half`)).toEqual([{ half: null }]);
  });
});
