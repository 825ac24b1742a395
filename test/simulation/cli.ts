import { parseArgs } from 'node:util';
import { OPERATIONS_DEFAULT, simulate } from './simulation.js';
export const runSimulations = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({ args: [...args], options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' }, ops: { type: 'string', default: String(OPERATIONS_DEFAULT) } } });
  const t0 = performance.now();
  let n = 0;
  const totals = new Map<string, number>();
  for (let seed = Number(values.seed); n < Number(values.seeds); seed++, n++) {
    const done = await simulate({ seed, operations: Number(values.ops) });
    for (const [group, counts] of Object.entries(done.counts)) for (const [name, by] of counts) totals.set(`${group}: ${name}`, (totals.get(`${group}: ${name}`) ?? 0) + by);
    if (done.wrong || Number(values.seeds) === 1) console.log(seed, done.at, done.events, done.calls, done.hash.slice(0, 12), done.wrong);
  }
  console.log(`${n} seeds in ${performance.now() - t0} ms`);
  for (const [name, by] of [...totals].sort()) console.log(name, by);
  return 0;
};
