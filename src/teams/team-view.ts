import { inKudos } from '../kernel/kudos.js';
import { speedOf, type KnownWorker } from '../workers/registry.message.js';
import type { TeamRow } from './teams.message.js';

/** A worker of a team, as this node knows it; undefined: not yet. */
export interface Member {
  readonly known: KnownWorker | undefined;
  readonly online: boolean;
}

const MEGA = 1_000_000;
const tenths = (value: number): number => Math.round(value * 10) / 10;

/** The team object of the API (horde-api C8, with the figures of horde-rules §7.9). */
export const teamView = (team: TeamRow, creator: string, memberOf: (worker: string) => Member): object => {
  const members = team.workers.map(({ id }) => memberOf(id));
  const speeds = members.flatMap(({ known, online }) => (known && online && known.kind !== 'interrogation' ? [speedOf(known) / MEGA] : []));
  const speed = speeds.reduce((sum, each) => sum + each, 0);
  return {
    name: team.name, id: team.id, info: team.info ?? '', requests_fulfilled: team.fulfilled, kudos: inKudos(team.kudos), uptime: team.uptimeS, creator,
    worker_count: team.workers.length, workers: team.workers.map(({ id, kind, name }, at) => ({ type: kind, name: name ?? '', id, online: members[at]!.online })),
    models: modelsOf(members), contributions: Math.round((team.things / MEGA) * 100) / 100,
    speed: tenths(speed), performance: speeds.length === 0 ? 0 : tenths(speed / speeds.length),
  };
};

/** How many of its workers serve each model. */
const modelsOf = (members: readonly Member[]): object[] => {
  const counts = new Map<string, number>();
  for (const { known } of members) {
    if (known?.kind === 'interrogation') continue; // what alchemists can do are no models
    for (const model of known?.declaration.models ?? []) counts.set(model, (counts.get(model) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count }));
};
