import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AnyWorkerFacts } from './live-queue.message.js';
import type { PoppingWorker } from './live-queue/queue-row.js';
import { Waiting } from './waiting.js';

const MODELS = ['a', 'b', 'c', 'd', 'e'];
const models = fc.subarray(MODELS);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('come' as const), models }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('leave' as const), nth: fc.nat(20), models }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('change' as const), nth: fc.nat(20), models }) },
);
interface Waiter { worker: PoppingWorker<AnyWorkerFacts>; readonly place: number }
const workerOf = (offered: readonly string[]): PoppingWorker<AnyWorkerFacts> => ({ kind: 'image', models: offered, ownerIds: [1], facts: {} as AnyWorkerFacts });

describe('pops that wait for a model', () => {
  it('are those that have one of them, each once and in the order of their coming, however many are named', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), fc.subarray([...MODELS, 'nobody has it']), (steps, named) => {
      const waiting = new Waiting<Waiter>();
      const here: Waiter[] = [];
      steps.forEach((each, place) => {
        const one = here[each.does === 'come' ? -1 : each.nth % Math.max(1, here.length)];
        if (each.does === 'come') {
          const waiter = { worker: workerOf(each.models), place };
          here.push(waiter);
          waiting.add(waiter);
        } else if (one && each.does === 'leave') {
          here.splice(here.indexOf(one), 1);
          waiting.delete(one);
        } else if (one) {
          waiting.change(one, workerOf(each.models));
        }
      });
      const expected = here.filter(({ worker }) => named.length === 0 || named.some((model) => worker.models.includes(model)));
      expect([...waiting.serving(named)].map(({ place }) => place)).toEqual(expected.map(({ place }) => place));
    }), { numRuns: 500 });
  });
});
