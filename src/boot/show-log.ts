import { ConfigError, type Config } from '../config.js';
import type { EventLog } from '../platform/event-log/event-log.js';
import type { LogPorts } from './open-log.js';

/** Shows the embedded log to clients of EventStoreDB on this machine, where the settings say so; the result ends it. */
export const showLog = async ({ logListen, eventstoreUrl }: Config, log: EventLog, { clock, timers, ids, logger }: LogPorts): Promise<() => Promise<void>> => {
  if (!logListen) return () => Promise.resolve();
  if (eventstoreUrl) throw new ConfigError('LOG_LISTEN shows the embedded log, and EVENTSTORE_URL names another, which can be asked itself. Unset one of them.');
  const { LogFront, UnsafeListener } = await import('../platform/event-log/grpc/log-front.js'); // with all that it speaks, which few need
  try {
    const front = await LogFront.listen({ log, ...logListen, writable: false, clock, timers, ids });
    logger.info({ url: front.url }, 'the event log can be read there');
    return () => front.close();
  } catch (error) {
    if (error instanceof UnsafeListener) throw new ConfigError('LOG_LISTEN is for loopback addresses, such as 127.0.0.1:2113. From elsewhere the log is read through horde log serve, with TLS and credentials.');
    throw new ConfigError(`LOG_LISTEN cannot be listened on: ${(error as Error).message}`);
  }
};
