import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { iso } from '../../kernel/clock.js';
import type { Config } from '../../config.js';
import { EmbeddedLog } from '../../platform/event-log/embedded/embedded-log.js';
import { IndexSection, readSnapshot } from '../../platform/event-log/embedded/index-snapshot.js';
import { NodeFiles } from '../../platform/event-log/embedded/node-files.js';
import { baseOfSegmentName } from '../../platform/event-log/embedded/segment-header.js';
import { StreamIndex } from '../../platform/event-log/embedded/stream-index.js';
import { logDirectory } from '../../boot/open-log.js';
import { figure } from '../table.js';
import type { Tools } from '../tools.js';
import type { Findings } from './findings.js';

/** Where the log was when it was looked at. */
export interface LogSeen {
  readonly storeId: string;
  readonly head: number;
}

/** Clocks of one machine may be set back a little by NTP. */
const CLOCK_TOLERANCE_MS = 5_000;
/** This program is younger than that: an older time means that the clock was never set. */
const EARLIEST = '2025-01-01T00:00:00.000Z';
/** Behind the newest index snapshot a start has to scan; so much takes a second. */
const SCAN_BYTES_MAX = 2 ** 29;

export const checkLog = async (findings: Findings, config: Config, { tools, verify }: { readonly tools: Tools; readonly verify: boolean }): Promise<LogSeen> => {
  const { clock, ids, progress } = tools;
  const directory = logDirectory(config);
  const log = await EmbeddedLog.open({
    directory, mode: 'read', clock, ids, verify, onProgress: ({ phase, done, total }) => progress.update(`${phase}: ${Math.floor((100 * done) / Math.max(1, total))} %`),
  });
  try {
    const head = await log.head();
    const bases = readdirSync(directory).map(baseOfSegmentName).filter((base) => base !== undefined).sort((a, b) => a - b);
    const bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    findings.good('event log', `${verify ? 'every event was read; ' : ''}last position ${figure(head)}, ${bases.length} segments, ${figure(bytes / 2 ** 20)} MiB, id ${log.storeId}`);
    await checkSnapshots(findings, { directory, bases, head, storeId: log.storeId });
    const { events: [newest] } = await log.readAll({ direction: 'backwards', limit: 1 });
    checkClock(findings, clock.now(), newest?.created);
    return { storeId: log.storeId, head };
  } finally {
    await log.close();
  }
};

/** Index snapshots cost nothing but time when they are missing. */
const checkSnapshots = async (
  findings: Findings, { directory, bases, head, storeId }: LogSeen & { readonly directory: string; readonly bases: readonly number[] },
): Promise<void> => {
  const index = new StreamIndex();
  const files = new NodeFiles();
  let usable = 0;
  let end = 0;
  for (const base of bases) {
    const bytes = await readSnapshot(files, directory, base);
    const restored = bytes && new IndexSection(base, index).restore(bytes, storeId);
    if (restored === undefined) break;
    usable += 1;
    end = restored;
  }
  const behind = Math.max(0, head - end);
  findings.unless(behind <= SCAN_BYTES_MAX, 'index snapshots', {
    found: `${usable} of ${bases.length} segments have one; a start scans the last ${figure(behind / 2 ** 20)} MiB`, todo: 'stop and start the server in order: it writes them anew',
  });
};

const checkClock = (findings: Findings, now: number, newest: number | undefined): void => {
  if (now < Date.parse(EARLIEST)) findings.bad('clock', `it says ${iso(now)}`, 'set the clock, and keep it by NTP');
  else if (newest !== undefined && newest > now + CLOCK_TOLERANCE_MS)
    findings.bad('clock', `it says ${iso(now)}, but the newest event was written at ${iso(newest)}`, 'the clock was set back: set it, and keep it by NTP');
  else findings.good('clock', `${iso(now)}${newest === undefined ? '' : `; the newest event is of ${iso(newest)}`}`);
};
