import type { Seeded } from '../support/seeded.js';
import { MODELS } from './read-models.js';
import type { Simulation } from './simulation.js';

const STEPS_MAX = 100_000;

/** Steps everything in an order of the seed until nobody waits for anything any more. */
export const untilDone = async (simulation: Simulation, random: Seeded, isDone: () => boolean): Promise<void> => {
  for (let step = 0; !isDone(); step++) {
    if (step === STEPS_MAX) throw new Error(`${STEPS_MAX} steps were not enough`);
    await simulation.turn(random, random.between(1, 40));
    for (const node of simulation.nodes) if (random.chance(0.5)) node!.log.feedUpTo(simulation.world.head);
    for (const name of MODELS) simulation.world.models.advance(name, random.between(0, 50));
    simulation.world.time.pass(random.between(0, 40));
  }
};
