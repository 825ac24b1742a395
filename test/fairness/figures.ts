import { FAIRNESS_POLICY, type FairnessPolicy } from '../../src/dispatch/live-queue/fairness-policy.js';
import { amongEquals, besideTheRich, pairs, SERVICE_S, started, type AmongEquals, type BesideTheRich, type Weather } from './scenarios.js';

/** What is promised (design.md §6). */
export const PROMISES = { pairRatio: 1.2, richShare: 0.75, thirtyToOne: 1.5, started: 0.999 } as const;

/** One in twenty jobs faults, and a job takes any time. */
const ROUGH = { faults: 0.05, service: 'random' } as const satisfies Partial<Weather>;
const SATURATED = 1.2;
const NEARLY_FULL = 0.9;
/** Of the crowd beside the rich, who ask for all there is already. */
const BESIDE = 0.5;

/** Of one kind of weather. */
export interface Climate {
  readonly pairs: readonly number[];
  readonly rich: readonly BesideTheRich[];
  readonly started: { readonly requests: number; readonly started: number };
  readonly equals: readonly AmongEquals[];
}
export interface Figures {
  readonly seeds: number;
  readonly calm: Climate;
  readonly rough: Climate;
  readonly without: readonly Without[];
}
/** The same horde with one rule changed. */
interface Without {
  readonly rule: string;
  readonly seen: string;
  readonly figure: string;
}

const PAIR_HOURS = 3;
const KEEPER_HOURS = 2;
const STARTED_HOURS = 24;

/** Everything, under seeds 1 to `seeds`. */
export const figuresOf = (seeds: number): Figures => {
  const all = Array.from({ length: seeds }, (_, nth) => nth + 1);
  return { seeds, calm: climate(all, {}), rough: climate(all, ROUGH), without: without() };
};

const climate = (seeds: readonly number[], weather: Partial<Weather>): Climate => {
  const runs = seeds.map((seed) => started({ ...weather, seed, load: NEARLY_FULL }, STARTED_HOURS));
  return {
    pairs: seeds.flatMap((seed) => pairs({ ...weather, seed, load: SATURATED }, PAIR_HOURS)),
    rich: seeds.map((seed) => besideTheRich({ ...weather, seed, load: BESIDE }, KEEPER_HOURS)),
    started: { requests: sum(runs.map(({ requests }) => requests)), started: sum(runs.map((run) => run.started)) },
    equals: seeds.flatMap((seed) => amongEquals({ ...weather, seed, load: SATURATED }, KEEPER_HOURS)),
  };
};

const without = (): Without[] => {
  const beside = (policy: Partial<FairnessPolicy>) => besideTheRich({ seed: 1, load: BESIDE, policy: { ...FAIRNESS_POLICY, ...policy } }, KEEPER_HOURS);
  const [none, eighth] = [beside({ fairShare: 0 }), beside({ fairShare: 8 })];
  const age = amongEquals({ seed: 1, load: SATURATED, policy: { ...FAIRNESS_POLICY, ageingCreditMs: Infinity } }, KEEPER_HOURS);
  return [
    { rule: 'no lane', seen: 'the richest take of all jobs', figure: percent(none.richShare) },
    { rule: 'no lane', seen: 'requests of others that expire beside the rich', figure: percent(none.expired) },
    { rule: 'one claim in eight in the lane', seen: 'the richest take of all jobs', figure: percent(eighth.richShare) },
    { rule: 'each request ages by itself', seen: 'thirty requests kept against one kept, in a crowd of like payers, by kudos', figure: age.map(({ thirtyToOne }) => times(thirtyToOne)).join(', ') },
  ];
};

export const quantile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!;
};
/** Of those who wait longer than their job then takes: who is served at once asks as often as he can. */
export const worstOfWaiting = (equals: readonly AmongEquals[]): number =>
  Math.max(...equals.filter(({ waitS }) => waitS > SERVICE_S).map(({ thirtyToOne }) => thirtyToOne));
export const worstOf = (rich: readonly BesideTheRich[]): number => Math.max(...rich.flatMap(({ thirtyToOne }) => thirtyToOne));
export const shareOf = (rich: readonly BesideTheRich[]): number => Math.max(...rich.map(({ richShare }) => richShare));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;
const times = (ratio: number): string => ratio.toFixed(2);

type Row = readonly [what: string, promise: string, of: (climate: Climate) => string];

const ROWS: readonly Row[] = [
  ['two payers, equal kudos and work, one request or twenty: ratio of their last hand-outs at p50', '', (climate) => times(quantile(climate.pairs, 0.5))],
  ['the same at p95', `≤ ${times(PROMISES.pairRatio)}`, (climate) => times(quantile(climate.pairs, 0.95))],
  ['the same, the worst', '', (climate) => times(Math.max(...climate.pairs))],
  ['the richest take of all jobs', `≤ ${percent(PROMISES.richShare)}`, (climate) => percent(shareOf(climate.rich))],
  ['thirty requests kept against one kept, beside the rich: the worst of four levels of kudos', `≤ ${times(PROMISES.thirtyToOne)}`, (climate) => times(worstOf(climate.rich))],
  ['the same in a crowd of like payers: the worst of those who wait', `≤ ${times(PROMISES.thirtyToOne)}`, ({ equals }) => times(worstOfWaiting(equals))],
  ['the same of who has so many kudos that he is served at once', 'none', ({ equals }) => times(Math.max(...equals.filter(({ waitS }) => waitS <= SERVICE_S).map(({ thirtyToOne }) => thirtyToOne)))],
  ['requests of others that expire beside the rich', '', (climate) => percent(Math.max(...climate.rich.map(({ expired }) => expired)))],
  ['requests that start before they expire, with just enough workers at 90 % load', `≥ ${percent(PROMISES.started)}`, (climate) => percent(climate.started.started / climate.started.requests)],
];

/** As a document and as the answer of the command. */
export const tablesOf = ({ calm, rough, without: changed }: Figures): string => `| What was looked at | Promised | No faults, fixed times | 5 % faults, random times |
| --- | --- | ---: | ---: |
${ROWS.map(([what, promise, of]) => `| ${what} | ${promise} | ${of(calm)} | ${of(rough)} |`).join('\n')}

What each rule is for, seen by changing it:

| Changed | What was looked at | Without faults |
| --- | --- | ---: |
${changed.map(({ rule, seen, figure }) => `| ${rule} | ${seen} | ${figure} |`).join('\n')}`;
