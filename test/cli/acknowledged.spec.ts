import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pagesOf } from '../../src/audit/refold.js';
import { countAcknowledged } from '../../src/cli/bench/acknowledged-writes.js';
import { Acknowledged } from '../../src/cli/load/acknowledged.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { EmbeddedLog } from '../../src/platform/event-log/embedded/embedded-log.js';
import { SystemClock, SystemIds } from '../../src/platform/system/system.js';
import { writeHistory } from '../support/history.js';

describe('the count of acknowledged writes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'horde-acknowledged-'));
  let log: EmbeddedLog;
  const all = async (): Promise<Acknowledged> => {
    const acknowledged = new Acknowledged();
    for await (const page of pagesOf(log, await log.head())) {
      for (const { type, data } of page.map(decode)) {
        if (type === 'RequestAccepted.v1') acknowledged.requests.add((data as { request: string }).request);
        if (type === 'JobSubmitted.v1') acknowledged.submits.add((data as { job: string }).job);
        const { from, to, amount } = data as { from: number; to: number; amount: number };
        if (type === 'FundsTransferred.v1') acknowledged.transfer(from, to, amount);
      }
    }
    return acknowledged;
  };

  beforeAll(async () => {
    log = await EmbeddedLog.open({ directory, mode: 'write', clock: new SystemClock(), ids: new SystemIds() });
    await writeHistory(log, { seed: 5, events: 1_500 });
  });
  afterAll(async () => {
    await log.close();
    rmSync(directory, { recursive: true });
  });

  it('finds nothing when the log holds each of them once', async () => {
    const { requests, submits, transfers, faults } = await countAcknowledged(log, await all());
    expect(faults).toEqual([]);
    expect(Math.min(requests, submits, transfers)).toBeGreaterThan(0);
  });

  it('names a write that was acknowledged and is lost', async () => {
    const acknowledged = await all();
    acknowledged.requests.add('lost-request');
    acknowledged.submits.add('lost-job');
    acknowledged.transfer(1, 2, 12_345);
    expect((await countAcknowledged(log, acknowledged)).faults).toEqual([
      'request lost-request: acknowledged 1 times, in the log 0 times', 'submit of job lost-job: acknowledged 1 times, in the log 0 times',
      'transfer 1>2:12345: acknowledged 1 times, in the log 0 times',
    ]);
  });

  it('names a write that nobody was told of', async () => {
    const acknowledged = await all();
    const [request] = acknowledged.requests;
    acknowledged.requests.delete(request!);
    expect((await countAcknowledged(log, acknowledged)).faults).toEqual([`request ${request!}: acknowledged 0 times, in the log 1 times`]);
  });
});
