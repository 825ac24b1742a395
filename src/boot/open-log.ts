import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Clock, Timers } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import { EmbeddedLog } from '../platform/event-log/embedded/embedded-log.js';
import type { Files } from '../platform/event-log/embedded/files.js';
import type { EventLog } from '../platform/event-log/event-log.js';
import { loggable, type Log } from '../platform/telemetry/logger.js';

/** A log that knows which one it is: read models of another are refused. */
export type StoredLog = EventLog & { readonly storeId: string };

export interface LogPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly logger: Log;
  readonly onFatal: (error: unknown) => void;
  readonly onProgress?: (text: string) => void;
  readonly files?: Files;
}

export const logDirectory = ({ dataDir }: Config): string => join(dataDir, 'log');
export const hasEmbeddedLog = (config: Config): boolean => existsSync(logDirectory(config));

/** Loaded where one is named: its client and what that speaks are a third of all code that a server would load. */
export const eventStoreDb = () => import('../platform/event-log/eventstoredb/eventstoredb-log.js');

/** The log of this process, for writing: an EventStoreDB where one is named, else the one in the data directory. */
export const openLog = async (config: Config, ports: LogPorts): Promise<StoredLog> => {
  const { clock, timers, ids, logger, onFatal, onProgress, files } = ports;
  if (config.eventstoreUrl) {
    const { EventStoreDbLog } = await eventStoreDb();
    return EventStoreDbLog.open({ url: config.eventstoreUrl, namespace: config.eventstoreNamespace, clock, timers, ids, logger });
  }
  const directory = logDirectory(config);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  return EmbeddedLog.open({
    directory, mode: 'write', clock, ids, onFatal, ...(files ? { files } : {}),
    onWarning: (error) => logger.warn({ err: loggable(error) }, 'the event log'),
    onProgress: ({ phase, done, total }) => onProgress?.(`event log: ${phase}, ${done} of ${total}`),
  });
};
