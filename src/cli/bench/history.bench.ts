import { HordeClient, type Person } from '../load/horde-client.js';
import { makeUsers } from '../load/make-users.js';
import { pick } from '../load/workload.js';
import type { BenchServer } from './bench-server.js';
import type { LoadOptions } from './load-options.js';

const GIVERS = 8;
const TAKERS = 500;
const GIVER_KUDOS = 10_000_000;
/** As many as one call may hold. */
const BULK = 100;
const CENTIKUDOS = 100;

/** Fills the log with so many transfers before anything is measured: a ledger that has seen years (design.md §7 names a million events). */
export const makeHistory = async (server: BenchServer, transfers: number, options: LoadOptions): Promise<void> => {
  const client = new HordeClient(server.url);
  try {
    const givers = await makeUsers(client, 'past giver', GIVERS, GIVER_KUDOS);
    const takers = await makeUsers(client, 'past taker', TAKERS, 25);
    let made = 0;
    await Promise.all(givers.map(async (giver) => {
      for (let call = 0; made < transfers; call++) {
        made += BULK;
        await give(client, { giver, takers, name: `past ${call}` }, options);
        options.onProgress(made, 'making history');
      }
    }));
  } finally {
    client.close();
  }
};

const give = async (client: HordeClient, { giver, takers, name }: { giver: Person; takers: readonly Person[]; name: string }, { random, acknowledged }: LoadOptions): Promise<void> => {
  const receivers = Array.from({ length: BULK }, () => pick(random, takers));
  await client.transfers(giver.key, name, receivers.map(({ alias }) => ({ username: alias, amount: 1 })));
  for (const { id } of receivers) acknowledged.transfer(giver.id, id, CENTIKUDOS);
};
