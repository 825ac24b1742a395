import { afterAll } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { SystemClock, SystemIds } from '../../src/platform/system/system.js';
import { eventLogContract } from './event-log.contract.js';

const home = mkdtempSync(join(tmpdir(), 'horde-log-contract-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const backend = (name: string, small: object): Parameters<typeof eventLogContract>[1] => {
  const open = (): Promise<EmbeddedLog> =>
    EmbeddedLog.open({ directory: join(home, name), mode: 'write', clock: new SystemClock(), ids: new SystemIds(), ...small });
  return { open, reopen: open };
};

eventLogContract('embedded', backend('usual', {}));
eventLogContract('embedded, with everything tiny so that it rotates, evicts and reads from disk all the time',
  backend('tiny', { segmentBytes: 20_000, snapshotEvents: 50, hotTail: { eventsMax: 16, bytesMax: 20_000 } }));
