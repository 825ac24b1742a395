import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { personal, type Recorded } from '../../src/kernel/event.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { PLATFORM_MIGRATIONS } from '../../src/platform/postgres/platform-migrations.js';
import { SystemIds } from '../../src/platform/system/system.js';
import { SealBroken } from '../../src/platform/vault/cipher.js';
import { loadMasterKey } from '../../src/platform/vault/master-key.js';
import { PersonalFields } from '../../src/platform/vault/personal-fields.js';
import { AddressTags } from '../../src/platform/vault/address-tags.js';
import { constantTimeEqual, Secrets } from '../../src/platform/vault/secrets.js';
import { Vault } from '../../src/platform/vault/vault.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';

const ids = new SystemIds();
const secrets = new Secrets(Buffer.alloc(32, 7));
let db: TestDatabase;
const open = (given = secrets): Vault => new Vault(db.database, given, ids);

beforeAll(async () => {
  db = await freshDatabase('vault');
  await migrate(db.database, PLATFORM_MIGRATIONS);
}, 60_000);
afterAll(() => db.close());

const sealOne = async (vault: Vault, subject: string, place: string, plain: string): Promise<string> => (await vault.sealer([subject])).seal(subject, place, plain);

describe('the vault', () => {
  it('reveals what it has sealed, in every process', async () => {
    const vault = open();
    const sealer = await vault.sealer(['user-1', 'user-2']);
    const texts = ['user-1', 'user-2'].map((subject) => ({ subject, place: 'e/name', sealed: sealer.seal(subject, 'e/name', `Zoë of ${subject}`) }));
    expect(await open().reveal(texts)).toEqual(['Zoë of user-1', 'Zoë of user-2']);
    expect(texts[0]!.sealed).toMatch(/^[\w-]+$/);
    expect(texts[0]!.sealed).not.toBe(sealer.seal('user-1', 'e/name', 'Zoë of user-1')); // equal texts do not look equal
  });

  it('makes one key for a subject, whoever asks first', async () => {
    const vaults = Array.from({ length: 8 }, () => open());
    const sealed = await Promise.all(vaults.map((vault) => sealOne(vault, 'raced', 'p', 'x')));
    expect(await open().reveal(sealed.map((text) => ({ subject: 'raced', place: 'p', sealed: text })))).toEqual(sealed.map(() => 'x'));
  });

  it('forgets a person for ever, and leaves others alone', async () => {
    const vault = open();
    const other = open();
    const gone = { subject: 'leaver', place: 'p', sealed: await sealOne(vault, 'leaver', 'p', 'secret') };
    const stays = { subject: 'stayer', place: 'p', sealed: await sealOne(vault, 'stayer', 'p', 'kept') };
    expect(await other.reveal([gone])).toEqual(['secret']);
    await vault.erase('leaver');
    await vault.erase('leaver');
    other.forget('leaver');
    for (const process of [vault, other, open()]) expect(await process.reveal([gone, stays])).toEqual([undefined, 'kept']);
    const later = { ...gone, sealed: await sealOne(vault, 'leaver', 'p', 'said later') };
    for (const process of [vault, open()]) expect(await process.reveal([later])).toEqual([undefined]);
  });

  it('takes a subject that it does not know for erased', async () => {
    expect(await open().reveal([{ subject: 'never-seen', place: 'p', sealed: 'AQ' }])).toEqual([undefined]);
  });

  it('refuses what was changed, moved to another place or to another subject', async () => {
    const vault = open();
    const sealed = await sealOne(vault, 'user-1', 'event-1/name', 'Zoë');
    await sealOne(vault, 'user-2', 'p', 'x');
    await expect(vault.reveal([{ subject: 'user-1', place: 'event-2/name', sealed }])).rejects.toThrow(SealBroken);
    await expect(vault.reveal([{ subject: 'user-2', place: 'event-1/name', sealed }])).rejects.toThrow(SealBroken);
    const bytes = Buffer.from(sealed, 'base64url');
    await fc.assert(fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
      await expect(vault.reveal([{ subject: 'user-1', place: 'event-1/name', sealed: changed.toString('base64url') }])).rejects.toThrow(SealBroken);
    }));
  });

  it('says so when the master key is another one', async () => {
    await open().verify();
    await open().verify();
    await expect(open(new Secrets(Buffer.alloc(32, 8))).verify()).rejects.toThrow(/master key does not belong to this database/);
  });

  it('hashes under a key that can be destroyed', async () => {
    const vault = open();
    const hash = await vault.hashUnder('day-1', '10.0.0.1');
    expect(await open().hashUnder('day-1', '10.0.0.1')).toBe(hash);
    expect(await vault.hashUnder('day-2', '10.0.0.1')).not.toBe(hash);
    await vault.erase('day-1');
    expect(await vault.hashUnder('day-1', '10.0.0.1')).toBeUndefined();
  });

  it('says the same of an address all day, and nobody can say it two days later', async () => {
    const clock = { at: Date.parse('2026-01-05T08:00:00.000Z'), now: () => clock.at };
    const tags = new AddressTags(open(), clock);
    const tag = await tags.of('10.0.0.1');
    expect(tag).toMatch(/^20260105-[0-9a-f]{32}$/);
    expect([await tags.of('10.0.0.1'), await new AddressTags(open(), clock).of('10.0.0.1')]).toEqual([tag, tag]);
    expect(await tags.of('10.0.0.2')).not.toBe(tag);
    expect(await tags.of('2001:db8::1')).toBe(await tags.of('2001:db8::2')); // one subscriber's
    const days = async () => (await db.database.query<{ subject: string }>(`SELECT subject FROM vault.subject_key WHERE subject LIKE 'addresses-%' ORDER BY 1`, [])).map(({ subject }) => subject);
    clock.at += 24 * 60 * 60_000;
    expect(await tags.of('10.0.0.1')).not.toBe(tag);
    expect(await days()).toEqual(['addresses-2026-01-05', 'addresses-2026-01-06']);
    clock.at += 24 * 60 * 60_000;
    await tags.of('10.0.0.1');
    expect(await days()).toEqual(['addresses-2026-01-06', 'addresses-2026-01-07']);
  });
});

describe('personal fields', () => {
  const fields = new PersonalFields(new Map([['UserRegistered.v1', ['name', 'contact', 'notes.*.text']]]));
  const event = { type: 'UserRegistered.v1', data: { user: 5, name: personal('user-5', 'Zoë'), contact: null, notes: [{ text: personal('user-6', 'hi') }, { text: null }] } };
  const recorded = (of: { type: string; data: object }, id: string): Recorded => ({ stream: 'user-5', revision: 0, position: 1, id, metadata: {} as Recorded['metadata'], ...of });

  it('are sealed before an event is stored and revealed when it is read, and nothing else is touched', async () => {
    const vault = open();
    const sealed = fields.sealEvent(event, 'event-9', await vault.sealer(fields.subjectsOf([event])));
    expect(JSON.stringify(sealed)).not.toMatch(/Zoë|hi"/);
    expect(sealed.data).toMatchObject({ user: 5, contact: null, name: { subject: 'user-5', sealed: expect.any(String) } });
    const stored = recorded(JSON.parse(JSON.stringify(sealed)) as typeof sealed, 'event-9');
    const [revealed] = await fields.revealEvents([stored], vault);
    expect(revealed!.data).toEqual(event.data);
    expect(stored.data).toEqual(sealed.data); // shared with other readers
    await vault.erase('user-5');
    const [erased] = await fields.revealEvents([stored], vault);
    expect(erased!.data).toMatchObject({ name: { subject: 'user-5', erased: true }, notes: [{ text: personal('user-6', 'hi') }, { text: null }] });
  });

  it('cost nothing where there are none', async () => {
    const plain = recorded({ type: 'JobSettled.v1', data: { name: 'not personal' } }, 'event-1');
    const events = [plain];
    expect(await fields.revealEvents(events, open())).toBe(events);
    expect(fields.sealEvent(plain, 'event-1', await open().sealer([]))).toBe(plain);
  });

  it('refuse a bare text where a personal one belongs', () => {
    expect(() => fields.subjectsOf([{ type: 'UserRegistered.v1', data: { name: 'Zoë' } }])).toThrow(/name is registered as personal/);
  });
});

describe('the master key', () => {
  it('is made once, for its owner only, and then read', () => {
    const home = mkdtempSync(join(tmpdir(), 'horde-key-'));
    const file = join(home, 'data', 'master.key');
    const key = loadMasterKey({ file, ids });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadMasterKey({ file, ids })).toEqual(key);
    expect(readFileSync(file, 'utf8').trim()).toBe(key.toString('hex'));
    expect(loadMasterKey({ file, ids, given: 'ab'.repeat(32) })).toEqual(Buffer.alloc(32, 0xab));
    writeFileSync(file, 'torn');
    expect(() => loadMasterKey({ file, ids })).toThrow(/does not hold a master key/);
    rmSync(home, { recursive: true });
  });

  it('gives every purpose hashes of its own', () => {
    expect(secrets.keyedHash('api-key', 'x')).toMatch(/^[0-9a-f]{64}$/);
    expect(secrets.keyedHash('api-key', 'x')).toBe(secrets.keyedHash('api-key', 'x'));
    expect(secrets.keyedHash('api-key', 'x')).not.toBe(secrets.keyedHash('subject', 'x'));
    expect([constantTimeEqual('abc', 'abc'), constantTimeEqual('abc', 'abd'), constantTimeEqual('abc', 'abcd')]).toEqual([true, false, false]);
  });
});
