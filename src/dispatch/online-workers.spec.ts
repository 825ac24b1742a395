import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HeldClock } from '../../test/reliability/held-clock.js';
import { declaration } from '../../test/support/request-facts.js';
import { ONLINE_MS, WorkerRegistry, type KnownWorker, type WorkerRow } from '../workers/registry.message.js';
import { OnlineSummaries, serving } from './online-workers.js';

const row = (id: string): WorkerRow => ({
  id, kind: 'image', owner: 12, nameHash: id, registeredAtMs: 0, declaration: declaration({ models: [`of ${id}`] }), maintenance: false,
  maintenanceMessage: undefined, paused: false, samples: [], uptimeThroughMs: 0,
});

const started = async (...ids: string[]) => {
  const registry = new WorkerRegistry({ workers: () => Promise.resolve({ position: 5, rows: ids.map(row) }) });
  await registry.open();
  const clock = new HeldClock();
  const startMs = clock.now();
  const summaries = new OnlineSummaries(registry, clock);
  return {
    seen: (id: string, ms: number): void => { registry.seen(registry.byId(id)!, startMs + ms, false); },
    seenElsewhere: (id: string, ms: number): void => { registry.present(id, { sinceMs: startMs, seenMs: startMs + ms }); },
    offeredAt: (ms: number): string[] => {
      clock.pass(startMs + ms - clock.now());
      const summary = summaries.of('image');
      return ids.filter((id) => serving(summary, [`of ${id}`]).length > 0).concat(`${serving(summary, []).length} in all`);
    },
  };
};

describe('who serves one of some models', () => {
  const all = ['a', 'b', 'c', 'd', 'e'];
  const somebody = fc.subarray(all).map((models): KnownWorker => ({ ...row('somebody'), declaration: declaration({ models }), samples: [], lastSeenMs: 0, presentSinceMs: 0, outageMs: 0, ownerTrusted: false }));

  it('is each worker that has one of them, once, however many are named', () => {
    fc.assert(fc.property(fc.array(somebody, { maxLength: 12 }), fc.subarray([...all, 'nobody has it']), (workers, models) => {
      const byModel = new Map(all.flatMap((model) => { const of = workers.filter((worker) => worker.declaration.models.includes(model)); return of.length > 0 ? [[model, of]] : []; }));
      const found = serving({ workers, byModel, threads: 0, meanSpeed: 1 }, models);
      const expected = workers.filter((worker) => models.length === 0 || models.some((model) => worker.declaration.models.includes(model)));
      expect(found).toHaveLength(expected.length);
      expect(new Set(found)).toEqual(new Set(expected));
    }));
  });
});

describe('who is online', () => {
  it('is found by model, too, when one has left and another is learned to have been here all the time', async () => {
    const { seen, seenElsewhere, offeredAt } = await started('leaver', 'stayer', 'elsewhere');
    seen('elsewhere', 0);
    seen('leaver', 100_000);
    seen('stayer', 300_000);
    expect(offeredAt(ONLINE_MS + 1)).toEqual(['leaver', 'stayer', '2 in all']);
    seenElsewhere('elsewhere', 299_000); // another node tells late
    expect(offeredAt(100_000 + ONLINE_MS + 1)).toEqual(['stayer', 'elsewhere', '2 in all']);
  });

  it('is told anew at once when somebody comes to a few, and twice a second where it takes a while', async () => {
    const crowd = Array.from({ length: 5_000 }, (_, nth) => `worker-${nth}`);
    for (const [here, isAtOnce] of [[crowd.slice(0, 5), true], [crowd, false]] as const) {
      const { seen, offeredAt } = await started(...here, 'newcomer');
      for (const id of here) seen(id, 0);
      expect(offeredAt(0)).toHaveLength(here.length + 1);
      seen('newcomer', 1);
      expect(offeredAt(1).includes('newcomer')).toBe(isAtOnce);
      expect(offeredAt(500)).toContain('newcomer');
    }
  });

  it('is those who called in the last five minutes, and nobody else', async () => {
    const { seen, offeredAt } = await started('one', 'other');
    expect(offeredAt(0)).toEqual(['0 in all']);
    seen('one', 1_000);
    expect(offeredAt(1_000)).toEqual(['one', '1 in all']);
    seen('other', 2_000);
    expect(offeredAt(2_000)).toEqual(['one', 'other', '2 in all']);
    expect(offeredAt(1_001 + ONLINE_MS)).toEqual(['other', '1 in all']);
    expect(offeredAt(2_001 + ONLINE_MS)).toEqual(['0 in all']);
  });
});
