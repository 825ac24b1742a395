import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refold } from '../../src/audit/refold.js';
import type { Server } from '../../src/boot/server.js';
import { SimDisk } from '../log/sim-disk.js';
import { proveBooks } from '../support/app.js';
import { ANONYMOUS, type Answer, type Client, V2 } from '../support/client.js';
import { Seeded } from '../support/seeded.js';
import { eventually } from './eventually.js';
import { Home } from './in-process.js';
import { Journal } from './journal.js';
import { type Cast, castOf, Load } from './load.js';
import { FAULTLESS, judge, Stored } from './stored.js';

const TEST_MS = 60_000;
const CLIENTS = 12;
const SEED = 77;
/** How often the disk runs full and is given room under load, and how many acknowledged writes pass in between. */
const FILLINGS = 6;
const WRITES_BETWEEN = 40;

const disk = new SimDisk();
let home: Home;
let server: Server;
let client: Client;
let cast: Cast;

beforeAll(async () => {
  home = await Home.make('disk_full');
  ({ server, client } = await home.start({ files: disk }));
  cast = await castOf(client);
}, TEST_MS);
afterAll(() => home.remove(), TEST_MS);

const head = (): Promise<number> => server.platform.log.head();

/** Every write that needs the log, each as a client would send it now. */
const writes = (held: { readonly image: string; readonly text: string; readonly asked: string }): Readonly<Record<string, () => Promise<Answer<unknown>>>> => {
  const { payers: [ann, bob], recipients: [eve], owner } = cast;
  return {
    'an image': () => client.askImage(ann!.key),
    'a text': () => client.askText(bob!.key),
    'an anonymous text': () => client.askText(ANONYMOUS),
    'a hand-out': () => client.popText(owner.key, { name: 'scribe' }),
    'a new worker': () => client.popText(owner.key, { name: 'newcomer' }),
    'a delivery': () => client.submitImage(owner.key, held.image),
    'a fault': () => client.submitText(owner.key, held.text, { state: 'faulted' }),
    'a cancellation': () => client.cancel(held.asked, 'text'),
    'a transfer': () => client.transfer(ann!.key, eve!.alias, 5_000),
    'a transfer with a key': () => client.transfer(ann!.key, eve!.alias, 7_000, { 'idempotency-key': 'full disk' }),
    'a registration': () => client.send('POST', '/register', {
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }, body: 'username=late',
    }),
  };
};

/** Something at a worker of each kind, and a text that waits. */
const prepare = async () => {
  const { payers: [ann], owner } = cast;
  await client.askImage(ann!.key, { models: ['stable_diffusion'], r2: false, params: { n: 1, steps: 5 } });
  await client.askText(ann!.key);
  const image = (await client.popImage(owner.key, { name: 'dreamer' })).body.id!;
  const text = (await client.popText(owner.key, { name: 'scribe' })).body.id!;
  const asked = (await client.askText(ann!.key, { params: { n: 2 } })).body.id;
  return { image, text, asked };
};

const mount = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;
/** A second disk, small and real, can only be had by who may mount one. */
const canMount = ((): boolean => {
  const place = mkdtempSync(join(tmpdir(), 'horde-mount-'));
  const mounted = mount('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place) && mount('umount', place);
  rmSync(place, { recursive: true });
  return mounted;
})();

const reached = async (isSo: () => boolean): Promise<void> => {
  await eventually('the load gets on', TEST_MS, () => (isSo() ? true : undefined));
};

describe('a disk without room', () => {
  it('makes every write wait politely, and stores nothing of it; with room again, each succeeds without a restart', async () => {
    const all = writes(await prepare());
    const before = await head();
    disk.room = 0;
    for (const [name, write] of Object.entries(all)) {
      const { status, headers, body } = await write();
      expect({ name, status, retryAfter: headers.get('retry-after'), body })
        .toEqual({ name, status: 503, retryAfter: '2', body: { rc: 'ServiceUnavailable', message: expect.any(String) } });
    }
    expect(await head()).toBe(before);
    disk.room = Infinity;
    const answers = await Promise.all(Object.entries(all).map(async ([name, write]) => ({ name, status: (await write()).status })));
    expect(answers.filter(({ status }) => status !== 200 && status !== 202)).toEqual([]);
    expect((await client.transfer(cast.payers[0]!.key, cast.recipients[0]!.alias, 7_000, { 'idempotency-key': 'full disk' })).headers.get('idempotency-replayed')).toBe('true');
    expect(await head()).toBeGreaterThan(before);
  }, TEST_MS);

  (canMount ? it : it.skip)('below the images makes a delivery wait as politely', async () => {
    const blobs = join(home.directory, 'blobs');
    const { payers: [ann], owner } = cast;
    await client.askImage(ann!.key, { models: ['stable_diffusion'], r2: false, params: { n: 1, steps: 5 } });
    const job = (await client.popImage(owner.key, { name: 'dreamer' })).body.id;
    const generation = Buffer.alloc(200_000).toString('base64');
    mkdirSync(blobs, { recursive: true });
    expect(mount('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', blobs)).toBe(true);
    try {
      const { status, headers, body } = await client.submitImage(owner.key, job, { generation });
      expect({ status, retryAfter: headers.get('retry-after'), rc: body.rc }).toEqual({ status: 503, retryAfter: '30', rc: 'ServiceUnavailable' });
    } finally {
      mount('umount', blobs);
    }
    expect((await client.submitImage(owner.key, job, { generation })).status).toBe(200);
  }, TEST_MS);

  it('keeps nobody from reading', async () => {
    const { payers: [ann] } = cast;
    const { body: { id } } = await client.askText(ann!.key);
    disk.room = 0;
    const paths = [
      `${V2}/generate/text/status/${id}`, `${V2}/users/${ann!.id}`, `${V2}/find_user`, `${V2}/status/heartbeat`, `${V2}/status/performance`,
      `/v1/ledger/accounts/${ann!.id}/statement`,
    ];
    const answers = await Promise.all(paths.map(async (path) => ({ path, status: (await client.get(path, ann!.key)).status })));
    disk.room = Infinity;
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  }, TEST_MS);

  it('that comes and goes under load loses nothing that was acknowledged and doubles nothing', async () => {
    const random = new Seeded(SEED);
    const journal = new Journal();
    const known = await Stored.of(server.platform.log);
    const load = new Load(client, cast, journal, SEED);
    const running = load.run(CLIENTS);
    for (let filling = 0; filling < FILLINGS; filling++) {
      await reached(() => journal.acknowledged.length >= (filling + 1) * WRITES_BETWEEN);
      const refused = journal.unavailable;
      disk.room = random.between(0, 2_000); // the last append is cut in the middle
      await reached(() => journal.unavailable > refused + CLIENTS);
      disk.room = Infinity;
    }
    load.stop();
    await running;
    await journal.resolve();
    expect(journal.faults).toEqual([]);
    expect(judge(journal, await Stored.of(server.platform.log), known)).toEqual(FAULTLESS);
    expect(home.fatal).toEqual([]);
    await eventually('what was delivered to a full disk is paid', TEST_MS, async () => ((await refold(server.platform.log)).unsettledJobs.length === 0 ? true : undefined));
    await proveBooks(server);
  }, TEST_MS);
});
