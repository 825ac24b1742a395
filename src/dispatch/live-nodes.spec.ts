import { describe, expect, it } from '@jest/globals';
import type { Database } from '../platform/postgres/database.js';
import { LiveNodes } from './live-nodes.js';

const NAMES = ['one:1', 'two:2', 'three:3'] as const;
const database = (nodes: readonly string[]): Database => ({ query: () => Promise.resolve(nodes.map((node) => ({ node }))) }) as unknown as Database;
const among = async (self: string, nodes: readonly string[]): Promise<LiveNodes> => {
  const node = new LiveNodes(self, database(nodes));
  expect(await node.round()).toBe(nodes.length);
  return node;
};
const queue = (length: number, payer = 7) => Array.from({ length }, (_, index) => ({ request: `3f2504e0-4f89-41d3-9a0c-${String(index).padStart(12, '0')}`, facts: { payer } }));
const names = (candidates: Iterable<{ readonly request: string }>): string[] => [...candidates].map(({ request }) => request);

describe('nodes that share the front of the queue', () => {
  it('each reach for another request first, whatever stands there', async () => {
    const nodes = await Promise.all(NAMES.map((self) => among(self, NAMES)));
    const many = queue(2_400);
    for (let from = 0; from < many.length; from += 24) {
      const firsts = nodes.map((node) => names(node.preferred(many.slice(from, from + 24), []))[0]);
      expect(new Set(firsts).size).toBe(NAMES.length);
    }
  });

  it('lose no candidate, keep the order of their own and of what lies behind, and take from the others what those take last', async () => {
    const candidates = queue(60);
    for (const self of NAMES) {
      const order = names((await among(self, NAMES)).preferred(candidates, []));
      expect([...order].sort()).toEqual(names(candidates));
      expect(order.slice(24)).toEqual(names(candidates).slice(24));
      const turn = order.findIndex((request, index) => index > 0 && request < order[index - 1]!);
      const [own, others] = [order.slice(0, turn), order.slice(turn, 24)];
      expect(own).toEqual([...own].sort());
      expect([...others].reverse()).toEqual([...others].sort());
    }
  });

  it('put first whom the worker puts first, whoever else is there', async () => {
    const candidates = [...queue(3, 1), ...queue(20).slice(3)];
    const order = names((await among('one:1', NAMES)).preferred(candidates, [1]));
    expect(order.slice(0, 3)).toEqual(names(queue(3)));
  });

  it('take everything as it comes, and nothing in advance, when they are alone', async () => {
    let asked = 0;
    const counted = function* () { for (const each of queue(10)) { asked += 1; yield each; } };
    const alone = new LiveNodes('one:1', database([]));
    for (const { request } of alone.preferred(counted(), [])) {
      expect(request).toBe(queue(1)[0]!.request);
      break;
    }
    expect([asked, alone.count, await alone.round()]).toEqual([1, 1, 1]);
  });

  it('move only the share of one that goes', async () => {
    const candidates = queue(24);
    const own = async (self: string, nodes: readonly string[]): Promise<string[]> => {
      const order = names((await among(self, nodes)).preferred(candidates.slice(0, 8 * nodes.length), []));
      return order.slice(0, order.findIndex((request, index) => index > 0 && request < order[index - 1]!));
    };
    const [before, after] = [await own('one:1', NAMES), await own('one:1', ['one:1', 'two:2'])];
    for (const request of before.filter((each) => names(candidates.slice(0, 16)).includes(each))) expect(after).toContain(request);
  });
});
