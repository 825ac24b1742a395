import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projections } from '../../projections/index.js';
import type { Config } from '../config.js';
import type { Clock, Timers } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Notary } from '../notary/notary.js';
import { LocalBlobStore } from '../platform/blobs/local-blob-store.js';
import { Contents } from '../platform/content/contents.js';
import { Commanding } from '../platform/commanding/commanding.js';
import { FileSnapshots } from '../platform/commanding/file-snapshots.js';
import { decode } from '../platform/event-log/codec.js';
import type { Files } from '../platform/event-log/embedded/files.js';
import { NodeFeed } from '../platform/event-log/node-feed.js';
import { registerTypes } from '../platform/event-log/upcasts.js';
import { Database } from '../platform/postgres/database.js';
import { migrate } from '../platform/postgres/migrate.js';
import { PLATFORM_MIGRATIONS } from '../platform/postgres/platform-migrations.js';
import { startPostgres, usePostgres, type RunningPostgres } from '../platform/postgres/start-postgres.js';
import { Checkpoints } from '../platform/projecting/checkpoints.js';
import { CheckpointWatcher, type Freshness } from '../platform/projecting/freshness.js';
import { Projector } from '../platform/projecting/projector.js';
import { createLog, type Log, type LogLevel, type LogOptions } from '../platform/telemetry/logger.js';
import { loadMasterKey } from '../platform/vault/master-key.js';
import { PersonalFields } from '../platform/vault/personal-fields.js';
import { Secrets } from '../platform/vault/secrets.js';
import { Vault } from '../platform/vault/vault.js';
import { ADOPTED_POLICY, PRICE_POLICIES } from '../pricing/price-policy.js';
import { Pricing } from '../pricing/pricing.js';
import { loadReference } from '../reference/load-reference.js';
import { EVENT_TYPES, PERSONAL_PATHS } from './event-types.js';
import { makeNotary } from './make-notary.js';
import { openLog, type StoredLog } from './open-log.js';
import { showLog } from './show-log.js';

/** The machine below the features, opened in order and closed in the reverse order. */
export interface Platform {
  readonly config: Config;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly logger: Log;
  readonly log: StoredLog;
  readonly database: Database;
  /** Follows the log only in a process with that role; a rebuild works in any. */
  readonly projector: Projector;
  /** Waits for read models, whoever keeps them. */
  readonly readModels: Freshness;
  readonly checkpoints: Checkpoints;
  readonly secrets: Secrets;
  readonly vault: Vault;
  readonly contents: Contents;
  readonly blobs: LocalBlobStore;
  readonly commanding: Commanding;
  readonly feed: NodeFeed;
  readonly pricing: Pricing;
  /** Only in a process with that role. */
  readonly notary: Notary | undefined;
  close(): Promise<void>;
}

export interface SystemPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  /** Called once when the process cannot go on: a disk that lost a write, a view that cannot follow. */
  readonly onFatal: (error: unknown) => void;
  /** Takes the lines of the log; standard output unless given. */
  readonly logTo?: LogOptions['destination'];
  /** Told in words how far a long start has come. */
  readonly onProgress?: (text: string) => void;
  /** The log that several servers of one process share; its owner closes it. */
  readonly sharedLog?: StoredLog;
  /** Below the event log; the machine's own unless a test brings a disk that fails. */
  readonly files?: Files;
}

/** @throws Error with a sentence for the operator */
export const openPlatform = async (config: Config, ports: SystemPorts): Promise<Platform> => {
  registerTypes(EVENT_TYPES);
  mkdirSync(config.dataDir, { recursive: true });
  const logger = createLog({ level: config.logLevel as LogLevel, clock: ports.clock, ...(ports.logTo ? { destination: ports.logTo } : {}) });
  const closing: (() => Promise<void>)[] = [];
  try {
    return await openParts(config, { ...ports, logger }, closing);
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
};

type Ports = SystemPorts & { readonly logger: Log };

const openParts = async (config: Config, ports: Ports, closing: (() => Promise<void>)[]): Promise<Platform> => {
  const { clock, timers, ids, logger, onFatal } = ports;
  const log = ports.sharedLog ?? (await openLog(config, ports));
  if (!ports.sharedLog) closing.push(() => log.close());
  if (!ports.sharedLog) closing.push(await showLog(config, log, ports));
  const postgres = await openPostgres(config, ports);
  closing.push(() => postgres.stop());
  const database = new Database({ url: postgres.url, log: (line) => logger.warn({ source: 'postgres' }, line) });
  closing.push(() => database.close());
  await migrate(database, PLATFORM_MIGRATIONS);
  const secrets = new Secrets(loadMasterKey({ file: join(config.dataDir, 'master.key'), given: config.masterKey, ids }));
  const vault = new Vault(database, secrets, ids);
  await vault.verify();
  const personal = new PersonalFields(PERSONAL_PATHS);
  const contents = new Contents({ database, clock, hash: (text) => secrets.keyedHash('content', text) });
  const publicUrl = config.publicUrl?.replace(/\/+$/, '') ?? `http://${config.host}:${config.port}`;
  const blobs = new LocalBlobStore({ directory: config.blobsDir, publicUrl, secrets, clock, ids, bytesMax: config.blobLimitBytes });
  const snapshots = new FileSnapshots(join(config.dataDir, 'snapshots'), logger);
  closing.push(() => snapshots.close());
  const commanding = new Commanding({
    log, ids, clock, node: config.node, snapshots,
    seal: async (event, eventId) => {
      const subjects = personal.subjectsOf([event]);
      return subjects.size === 0 ? event : personal.sealEvent(event, eventId, await vault.sealer(subjects));
    },
  });
  const projector = new Projector({
    projections, eventLog: log, database, clock, timers, storeId: log.storeId, decode,
    log: { info: (message, details) => logger.info(details ?? {}, message), error: (message, details) => logger.error(details ?? {}, message) },
    reveal: (events) => personal.revealEvents(events, vault),
  });
  closing.push(() => projector.stop());
  const checkpoints = new Checkpoints(database, log.storeId);
  const readModels = config.roles.has('projector') ? projector : new CheckpointWatcher(database, { clock, timers }, projections.map(({ name }) => name));
  const feed = new NodeFeed({ log, timers, logger, onFatal, onEvent: (event) => commanding.follow(event) });
  closing.push(() => feed.close());
  const pricing = new Pricing(ADOPTED_POLICY, loadReference(), config.escrow, {
    earlier: PRICE_POLICIES, upfrontOnWorkerList: config.upfrontOnWorkerList, matchedTargeting: config.matchedTargeting,
  });
  const notary = config.roles.has('notary') ? makeNotary({ config, log, database, clock, timers, ids, logger }) : undefined;
  if (notary) closing.push(() => notary.stop());
  return {
    config, clock, timers, ids, logger, log, database, projector, readModels, checkpoints, secrets, vault, contents, blobs, commanding, feed, pricing, notary,
    close: () => closeAll(closing),
  };
};

const openPostgres = (config: Config, { clock, timers, logger }: Ports): Promise<RunningPostgres> => {
  if (config.databaseUrl) return Promise.resolve(usePostgres(config.databaseUrl));
  return startPostgres({
    dataDirectory: join(config.dataDir, 'postgres'), clock, timers,
    log: (line) => logger.debug({ source: 'postgres' }, line), onProgress: (step) => logger.info({ source: 'postgres' }, step),
  });
};

const closeAll = async (closing: (() => Promise<void>)[]): Promise<void> => {
  for (const close of closing.splice(0).reverse()) await close();
};
