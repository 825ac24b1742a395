import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { originOf, signCheckpoint } from '../../src/notary/checkpoint.js';
import { Notary } from '../../src/notary/notary.js';
import { PublishedCheckpoints, type PublishedCheckpoint } from '../../src/notary/published-checkpoints.js';
import { noteSigner } from '../../src/notary/signed-note.js';
import { SignedStateFile } from '../../src/notary/signed-state.js';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { DatabaseUnavailable } from '../../src/platform/postgres/database-errors.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { PLATFORM_MIGRATIONS } from '../../src/platform/postgres/platform-migrations.js';
import { compared } from '../support/checkpoints.js';
import { SeededIds, SettableClock } from '../support/ports.js';
import { freshDatabase } from '../support/postgres.js';
import { clock, eventually, timers } from './eventually.js';

jest.setTimeout(60_000);
const PATIENCE_MS = 15_000;
const SEED = Buffer.alloc(32, 1);

let home: string;
const server = await freshDatabase('notary');
const { database } = server;
await migrate(database, PLATFORM_MIGRATIONS);
afterAll(() => server.close());

/** Fails on order, before or after the database has done what it was asked. */
class FaultyPublished extends PublishedCheckpoints {
  fault: 'before' | 'after' | undefined;
  /** The size that was to be published, each time, and what the notary's file held then. */
  readonly remembered: { readonly asked: number; readonly onDisk: number | undefined }[] = [];
  override async replace(...args: Parameters<PublishedCheckpoints['replace']>): Promise<boolean> {
    this.remembered.push({ asked: args[1].size, onDisk: (await new SignedStateFile(join(home, 'notary')).read())?.size });
    const fault = this.fault;
    this.fault = undefined;
    if (fault === 'before') throw new DatabaseUnavailable('away');
    const replaced = await super.replace(...args);
    if (fault === 'after') throw new DatabaseUnavailable('away');
    return replaced;
  }
}

let log: EmbeddedLog;
let made: Notary[];
let written: number;
const ids = new SeededIds(17);
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'horde-notary-'));
  log = await openLog();
  made = [];
  written = 0;
});
afterEach(async () => {
  for (const notary of made) await notary.stop();
  await log.close();
  rmSync(home, { recursive: true });
});

const openLog = (): Promise<EmbeddedLog> => EmbeddedLog.open({ directory: join(home, 'log'), mode: 'write', clock: new SettableClock(), ids });
const published = (): PublishedCheckpoints => new PublishedCheckpoints(database, log.storeId);
const row = async (): Promise<PublishedCheckpoint> => (await published().find())!;
const write = async (events: number): Promise<number> => {
  const first = written;
  written += events;
  const event = () => ({ id: ids.uuid(), type: 'Tried.v1', data: Buffer.from(`{"n":${written}}`), metadata: Buffer.from('{}') });
  const { position } = await log.append('thing-1', first === 0 ? 'no_stream' : first - 1, Array.from({ length: events }, event));
  return position;
};
const start = ({ place = 'notary', seed = SEED, store = published() } = {}): Notary => {
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const notary = new Notary({ log, published: store, file: new SignedStateFile(join(home, place)), seed, clock, timers, logger });
  notary.start();
  made.push(notary);
  return notary;
};
const stop = async (notary: Notary): Promise<void> => notary.stop();
/** The newest events are signed by this notary, and the signed root is what the log says. */
const expectSigned = async (notary: Notary, position: number): Promise<void> => {
  expect(await notary.waitFor(position, PATIENCE_MS)).toBe(true);
  await expectTrue();
};
const expectTrue = async (): Promise<void> => {
  const { note, size, root, verifierKey } = await row();
  const { signed, computed } = await compared(log, note, verifierKey);
  expect({ size: signed.size, root: signed.root }).toEqual(computed);
  expect({ size, root }).toEqual(computed);
};
const stateOf = (notary: Notary, state: string): Promise<string | undefined> =>
  eventually(`the notary is ${state}`, PATIENCE_MS, () => (notary.status().state === state ? { reason: notary.status().reason } : undefined)).then(({ reason }) => reason);
/** Something was signed, and then so much more was; in between, `atHalf` is called with nobody signing. */
const signedTwice = async (atHalf: () => Promise<void> | void): Promise<void> => {
  const first = start();
  await expectSigned(first, await write(5));
  await stop(first);
  await atHalf();
  const second = start();
  await expectSigned(second, await write(4));
  await stop(second);
};

describe('a notary', () => {
  it('signs every growth of the log, each time a continuation of what it signed before', async () => {
    const notary = start();
    for (let round = 0; round < 4; round++) await expectSigned(notary, await write(1 + round));
    expect((await row()).size).toBe(10);
    expect(notary.status()).toMatchObject({ state: 'signing', reason: undefined });
  });

  it('goes on where it was after a restart, and reads no event a second time', async () => {
    await expectSigned(start(), await write(6));
    await stop(made[0]!);
    const followed: number[] = [];
    const follow = log.follow.bind(log);
    log.follow = (options) => {
      followed.push(options.after);
      return follow(options);
    };
    const position = (await row()).position;
    const again = start();
    await expectSigned(again, await write(2));
    expect(followed).toEqual([position]);
  });

  it('has on its own disk whatever it lets anybody see', async () => {
    const store = new FaultyPublished(database, log.storeId);
    const notary = start({ store });
    for (let round = 0; round < 3; round++) await expectSigned(notary, await write(2));
    expect(store.remembered).toEqual([2, 4, 6].map((size) => ({ asked: size, onDisk: size })));
  });

  it.each(['before', 'after'] as const)('goes on when PostgreSQL goes away %s it has published', async (fault) => {
    const store = new FaultyPublished(database, log.storeId);
    const notary = start({ store });
    await expectSigned(notary, await write(3));
    store.fault = fault;
    await expectSigned(notary, await write(3));
    expect((await row()).size).toBe(6);
  });

  it('publishes again what it had signed before PostgreSQL was put back to an older day, or lost', async () => {
    let older: PublishedCheckpoint | undefined;
    await signedTwice(async () => void (older = await row()));
    await database.execute('UPDATE platform.notary_checkpoint SET size = $2, root = $3, position = $4, note = $5 WHERE store_id = $1', [log.storeId, older!.size, older!.root, older!.position, older!.note]);
    const restored = start();
    await expectSigned(restored, await log.head());
    expect((await row()).size).toBe(9);
    await stop(restored);
    await database.execute('DELETE FROM platform.notary_checkpoint WHERE store_id = $1', [log.storeId]);
    await expectSigned(start(), await log.head());
    expect((await row()).size).toBe(9);
  });

  it('believes what is published only after it has computed it, when its own memory is older or lost', async () => {
    await signedTwice(() => cpSync(join(home, 'notary'), join(home, 'older'), { recursive: true }));
    for (const place of ['older', 'none']) {
      const notary = start({ place });
      await expectSigned(notary, await write(1));
      await stop(notary);
    }
    expect((await row()).size).toBe(11);
  });
});

describe('a notary refuses to sign, and leaves what is published', () => {
  const expectRefused = async (reason: string, options: Parameters<typeof start>[0] = {}): Promise<void> => {
    const before = await published().find();
    const notary = start(options);
    expect(await stateOf(notary, 'refusing')).toBe(reason);
    await write(1); // the log goes on
    expect(await published().find()).toEqual(before);
  };
  /** The log as it was half way, in place of the log that was signed. */
  const restoreHalf = async (): Promise<void> => {
    await signedTwice(async () => {
      await log.close();
      cpSync(join(home, 'log'), join(home, 'backup'), { recursive: true });
      log = await openLog();
    });
    await log.close();
    rmSync(join(home, 'log'), { recursive: true });
    cpSync(join(home, 'backup'), join(home, 'log'), { recursive: true });
    log = await openLog();
    written = 5;
  };

  it('when the log was put back to an older day', async () => {
    await restoreHalf();
    await expectRefused('the log ends before what is signed');
  });

  it('when the log was put back to an older day, and has gone on from there', async () => {
    await restoreHalf();
    await write(20);
    await expectRefused('the log has other events than what is signed');
  });

  it('when the log was put back to an older day, and its own memory is lost, too', async () => {
    await restoreHalf();
    await expectRefused('the log ends before what is published', { place: 'none' });
  });

  it('when the log was put back and has gone on, and its own memory was put back as well', async () => {
    await restoreHalf();
    await write(20);
    await expectRefused('the log has other events than what is published', { place: 'none' });
  });

  it('when something was published under its key that is no past of what it has signed', async () => {
    await signedTwice(() => undefined);
    const forge = async (size: number, signer = noteSigner(originOf(log.storeId), SEED)): Promise<void> => {
      const root = Buffer.alloc(32, 9);
      await database.execute('UPDATE platform.notary_checkpoint SET size = $2, root = $3, note = $4 WHERE store_id = $1', [log.storeId, size, root, signCheckpoint({ origin: originOf(log.storeId), size, root }, signer)]);
    };
    await forge(4);
    await expectRefused('the log has other events than what is published');
    await forge(9);
    await expectRefused('the log has other events than what is published');
    await forge(4, noteSigner(originOf(log.storeId), Buffer.alloc(32, 2)));
    await expectRefused('what is published under its key was not signed with it');
  });

  it('when its memory is of another ledger, of another key, or damaged', async () => {
    await signedTwice(() => undefined);
    await database.execute('DELETE FROM platform.notary_checkpoint WHERE store_id = $1', [log.storeId]);
    await expectRefused('it has signed with another key', { seed: Buffer.alloc(32, 2) });
    const path = join(home, 'notary', 'signed.json');
    const text = readFileSync(path, 'utf8');
    mkdirSync(join(home, 'foreign'));
    writeFileSync(join(home, 'foreign', 'signed.json'), text.replaceAll(log.storeId, '00000000-0000-4000-8000-000000000000'));
    await expectRefused('it has signed another ledger', { place: 'foreign' });
    for (const damaged of [text.slice(0, -40), '{}', text.replace(/"root": "../, '"root": "00')]) {
      writeFileSync(path, damaged);
      await expectRefused('its record of what it has signed is damaged');
    }
  });
});

describe('of two notaries', () => {
  it('with one key one signs, and the other goes on when it is gone', async () => {
    const notaries = [start({ place: 'one' }), start({ place: 'two' })];
    await write(1);
    await eventually('one of them stands by', PATIENCE_MS, async () => {
      await write(1);
      return notaries.some((notary) => notary.status().state === 'standby') || undefined;
    });
    const [standby, signing] = notaries[0]!.status().state === 'standby' ? [notaries[0]!, notaries[1]!] : [notaries[1]!, notaries[0]!];
    expect(standby.status().reason).toBe('another notary with this key signs this ledger');
    await expectSigned(signing, await write(1));
    await stop(signing);
    await expectSigned(standby, await write(1));
    expect(standby.status().state).toBe('signing');
  });

  it('with two keys the first one signs, and the other never does', async () => {
    const first = start({ place: 'one' });
    await expectSigned(first, await write(1));
    const second = start({ place: 'two', seed: Buffer.alloc(32, 2) });
    expect(await stateOf(second, 'standby')).toBe('a notary with another key signs this ledger');
    await expectSigned(first, await write(1));
    await stop(first);
    await write(1);
    const { size, verifierKey } = await row();
    expect({ size, verifierKey }).toEqual({ size: 2, verifierKey: first.verifierKey });
  });
});
