import { expect, it } from '@jest/globals';
import { kudos } from '../../src/kernel/kudos.js';
import { Adjusting } from '../../src/kudos/adjusting.message.js';
import { Transfers } from '../../src/kudos/transfers.js';
import type { Refused } from '../../src/platform/http/refusals.js';
import { Seeded } from '../support/seeded.js';
import { isPassing } from './world.js';
import { Simulation } from './simulation.js';
import { untilDone } from './until-done.js';

const ROUNDS = 100;
const CLIENTS = 100;
const TIMEOUT_MS = 10 * 60_000;
const context = { actor: { kind: 'system' as const }, correlationId: 'race' };

/** Two users with a balance; the first one's key and both ids. */
const people = async (simulation: Simulation, random: Seeded, balance: number) => {
  const { clients, nodes } = simulation;
  clients.register(nodes[0]!, 'Payer', 'oauth');
  clients.register(nodes[1]!, 'Friend', 'oauth');
  await untilDone(simulation, random, () => clients.users.length === 2);
  const [payer, friend] = clients.users as [{ id: number; key: string }, { id: number; key: string }];
  let given = false;
  void nodes[0]!.get(Adjusting).adjust(payer.id, kudos(balance), context).then(() => { given = true; });
  await untilDone(simulation, random, () => given);
  return { payer, friend };
};

it(`lets exactly the affordable spends succeed when ${CLIENTS} clients race for the last kudos of one payer, ${ROUNDS} rounds on two nodes`, async () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = new Seeded(seed);
    const simulation = new Simulation({ seed });
    for (const place of [0, 1]) await simulation.restart(place);
    const affordable = random.between(0, CLIENTS - 1);
    const price = random.between(1, 9);
    const { payer, friend } = await people(simulation, random, affordable * price + random.between(0, price * 100 - 1) / 100);
    const outcomes: string[] = [];
    const spend = async (client: number): Promise<void> => {
      for (;;) {
        try {
          await simulation.nodes[client % 2]!.get(Transfers).transfer({ apiKey: payer.key, key: `race-${client}`, username: `friend#${friend.id}`, amount: kudos(price) });
          outcomes.push('spent');
          return;
        } catch (error) {
          if (isPassing(error)) continue; // 503: a client asks again, with the same key
          outcomes.push((error as Refused).rc);
          return;
        }
      }
    };
    for (let client = 0; client < CLIENTS; client++) void spend(client);
    await untilDone(simulation, random, () => outcomes.length === CLIENTS);
    expect(simulation.world.wrong).toBeUndefined();
    expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(affordable);
    expect(outcomes.filter((outcome) => outcome === 'KudosTransferNotEnough')).toHaveLength(CLIENTS - affordable);
    expect(simulation.world.checks.purse(friend.id).elsewhere).toBe(affordable * price * 100);
  }
}, TIMEOUT_MS);
