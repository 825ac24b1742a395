import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_TYPES } from '../boot/event-types.js';
import { eventStoreDb, hasEmbeddedLog, logDirectory, type StoredLog } from '../boot/open-log.js';
import type { Config } from '../config.js';
import { EmbeddedLog } from '../platform/event-log/embedded/embedded-log.js';
import {
  EventLog, LogUnavailable, type AllPage, type AppendResult, type FeedBatch, type Position, type ReadAllOptions, type ReadStreamOptions, type StreamPage,
} from '../platform/event-log/event-log.js';
import { registerTypes } from '../platform/event-log/upcasts.js';
import { Database } from '../platform/postgres/database.js';
import { runningPostgresUrl, startPostgres, usePostgres, type RunningPostgres } from '../platform/postgres/start-postgres.js';
import { Impossible, type Tools } from './tools.js';

export const postgresDirectory = ({ dataDir }: Config): string => join(dataDir, 'postgres');

/** Everything that a horde knows, open for reading, beside its server or without one. */
export interface Books {
  readonly log: EventLog;
  readonly database: Database;
  /** Whose PostgreSQL it is. */
  readonly postgres: 'given' | 'running' | 'started';
}

/** @throws Impossible there is nothing to read in this data directory */
export const openBooks = async (config: Config, tools: Tools): Promise<Books> => {
  registerTypes(EVENT_TYPES);
  if (!config.eventstoreUrl && !hasEmbeddedLog(config)) throw new Impossible(`There is no event log in ${logDirectory(config)}. Is DATA_DIR what the server has?`);
  const { postgres, kind } = await reachPostgres(config, tools);
  tools.undoing(() => postgres.stop());
  const database = new Database({ url: postgres.url, log: tools.say, poolMax: 2 });
  tools.undoing(() => database.close());
  const log = new LogWhenFirstRead(() => openForReading(config, tools));
  tools.undoing(() => log.close());
  return { log, database, postgres: kind };
};

/** Whichever the settings name, without founding, locking or repairing anything. */
export const openForReading = async ({ eventstoreUrl, eventstoreNamespace, ...config }: Config, { clock, timers, ids }: Tools): Promise<StoredLog> => {
  if (eventstoreUrl) return (await eventStoreDb()).EventStoreDbLog.open({ url: eventstoreUrl, namespace: eventstoreNamespace, readOnly: true, clock, timers, ids });
  return EmbeddedLog.open({ directory: join(config.dataDir, 'log'), mode: 'read', clock, ids });
};

/** The one that is given, the one that the server runs, or one for the time of the command. */
export const reachPostgres = async (config: Config, { clock, timers, progress }: Tools): Promise<{ postgres: RunningPostgres; kind: Books['postgres'] }> => {
  if (config.databaseUrl) return { postgres: usePostgres(config.databaseUrl), kind: 'given' };
  const dataDirectory = postgresDirectory(config);
  if (!existsSync(dataDirectory)) throw new Impossible(`There is no PostgreSQL in ${dataDirectory}. Is DATA_DIR (or DATABASE_URL) what the server has?`);
  const url = runningPostgresUrl(dataDirectory);
  if (url !== undefined) return { postgres: usePostgres(url), kind: 'running' };
  progress.update('starting PostgreSQL for the time of this command');
  return { postgres: await startPostgres({ dataDirectory, clock, timers, log: () => undefined }), kind: 'started' };
};

/**
 * The log as it is when it is first read. Read models are looked at in a snapshot that is taken before, so the log holds
 * all that they show, although a server writes on.
 */
class LogWhenFirstRead extends EventLog {
  #opening: Promise<EventLog> | undefined;

  constructor(private readonly open: () => Promise<EventLog>) {
    super();
  }
  #open(): Promise<EventLog> {
    this.#opening ??= this.open();
    return this.#opening;
  }
  append(): Promise<AppendResult> {
    return Promise.reject(new LogUnavailable('the event log is open for reading only'));
  }
  async readStream(stream: string, options?: ReadStreamOptions): Promise<StreamPage> {
    return (await this.#open()).readStream(stream, options);
  }
  async readAll(options?: ReadAllOptions): Promise<AllPage> {
    return (await this.#open()).readAll(options);
  }
  follow(): AsyncIterable<FeedBatch> {
    throw new LogUnavailable('the event log is open for reading as it is now');
  }
  async head(): Promise<Position> {
    return (await this.#open()).head();
  }
  async close(): Promise<void> {
    await (await this.#opening)?.close();
  }
}
