import { join } from 'node:path';
import type { Tools } from '../tools.js';
import type { Figure } from './figures.js';
import { ServerSuites, type ProvenRun } from './server-suites.js';
import { startFront } from './store-front.js';
import { benchAppends, type Store } from './stores.bench.js';
import type { BenchOptions } from './suites.js';

export interface StoresRun {
  readonly figures: readonly Figure[];
  /** The runs of job cycles, each with the proof of its books. */
  readonly runs: readonly { readonly store: string; readonly run: ProvenRun }[];
}

/** Issue 8's own budget for cycles through the front; what a real server must reach depends on the machine that it has. */
const FRONT_CYCLES = { must: 100, goal: 300 };
/** A load of the log shorter than this says more about the disk's mood than about the log. */
const APPEND_SECONDS_MAX = 3;

/** Every backend side by side: the embedded log, our front of it in another process, and the server that EVENTSTORE_URL names. */
export const runStores = async (home: string, options: BenchOptions, tools: Tools): Promise<StoresRun> => {
  const front = await startFront(join(home, 'front'));
  tools.undoing(() => front.stop());
  const { eventstoreUrl } = tools.config();
  const stores: readonly Store[] = [
    { name: 'embedded' }, { name: 'front', url: front.url }, ...(eventstoreUrl === undefined ? [] : [{ name: 'EVENTSTORE_URL', url: eventstoreUrl }]),
  ];
  const figures = await benchAppends(home, stores, { seconds: Math.min(options.seconds, APPEND_SECONDS_MAX), tools });
  const runs: { store: string; run: ProvenRun }[] = [];
  for (const { name, url } of stores) {
    const settings = url === undefined ? {} : { EVENTSTORE_URL: url, EVENTSTORE_NAMESPACE: `cycles_${tools.ids.uuid().slice(0, 8)}.` };
    const run = await new ServerSuites(join(home, `cycles-${name.toLowerCase()}`), options, tools, settings).run(['cycles']);
    runs.push({ store: name, run });
    figures.push(...cyclesOf(name, run));
  }
  return { figures, runs };
};

const cyclesOf = (store: string, { figures, isProven }: ProvenRun): Figure[] => [
  ...figures.filter(({ name }) => /cycle|lag/.test(name)).map(({ must: _must, goal: _goal, ...figure }): Figure => ({
    ...figure, name: `${store}: ${figure.name}`, ...(store === 'front' && figure.name === 'job cycles over HTTP' ? FRONT_CYCLES : {}),
  })),
  { name: `${store}: books proven`, value: isProven ? 1 : 0, unit: '', must: 1 },
];
