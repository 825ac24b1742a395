import type { Config } from '../../config.js';
import { openForReading } from '../books.js';
import { figure } from '../table.js';
import type { Tools } from '../tools.js';
import type { Findings } from './findings.js';
import type { LogSeen } from './check-log.js';

/** The EventStoreDB that the settings name: does it answer, how fast, and whose ledger is in it? The clocks are compared on the way. */
export const checkStore = async (findings: Findings, config: Config, tools: Tools): Promise<LogSeen> => {
  const log = await openForReading(config, tools);
  try {
    const begun = tools.clock.monotonic();
    const head = await log.head();
    const tookMs = tools.clock.monotonic() - begun;
    const namespace = config.eventstoreNamespace === '' ? '' : `, namespace ${config.eventstoreNamespace}`;
    findings.good('event log', `EventStoreDB${namespace}; last position ${figure(head)}, id ${log.storeId}; it answers within ${figure(tookMs)} ms`);
    return { storeId: log.storeId, head };
  } finally {
    await log.close();
  }
};
