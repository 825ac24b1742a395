import { Members } from '../../src/donations/members.message.js';
import type { Clock } from '../../src/kernel/clock.js';
import { RetryLater } from '../../src/platform/retry-later.js';
import { TeamRows, type TeamRow } from '../../src/teams/teams.message.js';
import { UserDirectory } from '../../src/users/directory.message.js';
import { UnfinishedErasures, type Erasure } from '../../src/users/erasures.reactor.js';
import { MonthlyDues } from '../../src/users/monthly-grants.reactor.js';
import { LastActivity } from '../../src/users/user-deletions.js';
import { WorkerJobs } from '../../src/workers/worker-changes.js';
import type { Injector } from './injector.js';
import type { NodeLog } from './network.js';
import type { PeopleModel } from './people-model.js';
import type { World } from './world.js';

const CATCH_UP_MAX_MS = 1_000;

/** The ports through which a node asks about people, answered as the SQL ones answer. */
export const providePeople = (injector: Injector, world: World, { log, clock }: { readonly log: NodeLog; readonly clock: Clock }): void => {
  const { people } = world.models;
  const seen = async (): Promise<PeopleModel> => {
    if (await world.models.waitFor('people', await log.head(), CATCH_UP_MAX_MS)) return people;
    throw new RetryLater('the read model of people is catching up with the log');
  };
  const directory = injector.get(UserDirectory);
  injector.provide(Members, new Members({
    sources: [world.supporters], clock, logger: { warn: () => undefined },
    holders: { byAlias: async (alias) => (await directory.byAlias(alias))?.id, byContact: () => Promise.resolve(undefined) },
  }));
  injector.provide(MonthlyDues, { due: (limit: number) => Promise.resolve([...people.due.values()].slice(0, limit)) });
  injector.provide(LastActivity, { of: async (user: number) => (await seen()).activeAtMs.get(user) });
  injector.provide(UnfinishedErasures, {
    due: (limit: number) => Promise.resolve([...people.erased].map((user) => leftoversOf(user, people)).filter(({ workers, sharedKeys }) => workers.length + sharedKeys.length > 0).slice(0, limit)),
    of: async (user: number) => leftoversOf(user, await seen()), eraseKey: () => Promise.resolve(),
  });
  injector.provide(TeamRows, {
    all: () => Promise.resolve([...people.teams.values()]), byId: (id: string) => Promise.resolve(people.teams.get(id) as TeamRow | undefined),
    ofWorker: (worker: string) => Promise.resolve(people.teams.get(people.workers.get(worker)?.team ?? '')),
    waitFor: (position: number, timeoutMs: number) => world.models.waitFor('people', position, timeoutMs),
  });
  injector.provide(WorkerJobs, { atWorker: async (worker: string) => [...(await seen()).jobs.values()].filter((each) => each === worker).length });
};

const leftoversOf = (user: number, { workers, sharedKeys }: PeopleModel): Erasure => ({
  user, workers: [...workers.values()].filter(({ owner }) => owner === user).map(({ id }) => id), sharedKeys: [...sharedKeys].filter(([, owner]) => owner === user).map(([key]) => key),
});
