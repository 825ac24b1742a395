import { join } from 'node:path';
import type { Config } from '../config.js';
import { Notary } from '../notary/notary.js';
import { PublishedCheckpoints } from '../notary/published-checkpoints.js';
import { SignedStateFile } from '../notary/signed-state.js';
import type { Database } from '../platform/postgres/database.js';
import { loadKey } from '../platform/vault/key-file.js';
import type { LogPorts, StoredLog } from './open-log.js';

interface Parts extends Pick<LogPorts, 'clock' | 'timers' | 'ids' | 'logger'> {
  readonly config: Config;
  readonly log: StoredLog;
  readonly database: Database;
}

/** The notary of this process, with a key and a memory of its own; not started yet. */
export const makeNotary = ({ config, log, database, clock, timers, ids, logger }: Parts): Notary => new Notary({
  log, clock, timers, logger,
  published: new PublishedCheckpoints(database, log.storeId),
  file: new SignedStateFile(join(config.dataDir, 'notary')),
  seed: loadKey({ file: join(config.dataDir, 'notary.key'), given: config.notaryKey, setting: 'HORDE_NOTARY_KEY', what: 'notary key', ids }),
});
