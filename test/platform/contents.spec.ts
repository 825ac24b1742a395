import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Clock } from '../../src/kernel/clock.js';
import { ByteBoundedCache } from '../../src/platform/content/byte-bounded-cache.js';
import { type Content, Contents } from '../../src/platform/content/contents.js';
import { DatabaseUnavailable } from '../../src/platform/postgres/database-errors.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { PLATFORM_MIGRATIONS } from '../../src/platform/postgres/platform-migrations.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';

const LATER = 2_000_000;

class HandClock extends Clock {
  time = 1_000_000;
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
}

let db: TestDatabase;
let clock: HandClock;
let content: Contents;
const open = (database = db.database): Contents => new Contents({ database, clock, hash: (text) => `hash of ${text}` });
const elsewhere = open;
const item = (id: string, text: string, expiresAt = LATER): Content => ({ id, kind: 'prompt', text, expiresAt });
beforeAll(async () => {
  db = await freshDatabase('content');
  await migrate(db.database, PLATFORM_MIGRATIONS);
}, 60_000);
beforeEach(async () => {
  await db.database.script('TRUNCATE content.item');
  clock = new HandClock();
  content = open();
});
afterAll(() => db.close());

describe('the content store', () => {
  it('gives back what was put, here and in another process', async () => {
    const prompt = JSON.stringify({ prompt: 'ein Hund – 犬 \u0000 \ud800', params: { steps: 30, seed: '1e3', nested: [null, true, 0.1] } });
    await content.put(item('request-1', prompt));
    expect(await content.get('request-1')).toEqual(prompt);
    expect(await elsewhere().get('request-1')).toEqual(prompt);
    expect(await content.get('request-2')).toBeUndefined();
  });

  it('commits what is put at the same time together', async () => {
    await Promise.all(Array.from({ length: 500 }, (_, i) => content.put(item(`item-${i}`, String(i)))));
    expect(await db.database.query('SELECT count(*) AS items, count(DISTINCT xmin::text) AS commits FROM content.item')).toEqual([{ items: 500, commits: 1 }]);
    expect((await elsewhere().getMany(['item-0', 'item-499', 'item-500'])).size).toBe(2);
  });

  it('splits a flood into groups and loses nothing', async () => {
    await Promise.all(Array.from({ length: 2_500 }, (_, i) => content.put(item(`item-${i}`, 'x'))));
    expect(await db.database.query('SELECT count(*) AS items, count(DISTINCT xmin::text) AS commits FROM content.item')).toEqual([{ items: 2_500, commits: 3 }]);
  });

  it('keeps the first content of an id, however often another one is put', async () => {
    await Promise.all([content.put(item('same', 'first')), content.put(item('same', 'second'))]);
    await content.put(item('same', 'third'));
    await elsewhere().put(item('same', 'fourth'));
    expect(await content.get('same')).toBe('first');
    expect(await elsewhere().get('same')).toBe('first');
  });

  it('forgets what has expired, and deletes it in portions', async () => {
    await content.putMany(Array.from({ length: 5 }, (_, i) => item(`old-${i}`, 'o', 1_000_100)));
    await content.put(item('young', 'y'));
    clock.time = 1_000_100;
    expect(await content.get('old-0')).toBeUndefined();
    expect([await content.deleteExpired(3), await content.deleteExpired(3), await content.deleteExpired(3)]).toEqual([3, 2, 0]);
    expect(await content.get('young')).toBe('y');
  });

  it('lives as long as it was last told, also where an older time was remembered', async () => {
    const other = elsewhere();
    await content.put(item('kept', 'k', 1_000_100));
    expect(await other.get('kept')).toBe('k');
    expect(await content.extend(['kept', 'unknown'], LATER)).toBe(1);
    expect(await content.extend(['kept'], 1_000_050)).toBe(1); // never shortened
    clock.time = 1_500_000;
    expect(await content.get('kept')).toBe('k');
    expect(await other.get('kept')).toBe('k');
  });

  it('refuses what is too long for a text, and says so without the text', async () => {
    await expect(content.put(item('long', 'x'.repeat(17_000_000)))).rejects.toThrow(/^content long has 17000000 characters, more than \d+$/);
    await expect(content.put(item('nul', 'a\0b'))).rejects.toThrow(/NUL/);
  });

  it('tells every caller when PostgreSQL is away, and works again afterwards', async () => {
    const gone = db.connect();
    await gone.close();
    const broken = open(gone);
    const results = await Promise.allSettled([broken.put(item('a', '1')), broken.put(item('b', '2')), broken.get('a')]);
    expect(results.map((result) => result.status === 'rejected' && result.reason instanceof DatabaseUnavailable)).toEqual([true, true, true]);
  });
});

describe('the cache', () => {
  it('never holds more than its bytes, and drops the least recently used', () => {
    const cache = new ByteBoundedCache<number>(10);
    cache.set('a', 1, 4);
    cache.set('b', 2, 4);
    cache.get('a');
    cache.set('c', 3, 4);
    cache.set('huge', 4, 11);
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.get('huge'), cache.bytes]).toEqual([1, undefined, 3, undefined, 8]);
  });
});
