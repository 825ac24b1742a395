import type { HordeClient, Person } from './horde-client.js';

/** Users made at the same time. */
const HANDS = 16;

/** Users with so many kudos each, a few at a time; every second one is trusted. */
export const makeUsers = async (client: HordeClient, name: string, count: number, kudos: number): Promise<Person[]> => {
  const people: Person[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(HANDS, count) }, async () => {
    while (next < count) {
      const index = next++;
      people[index] = await client.testUser({ name: `${name}-${index}`, kudos, trusted: index % 2 === 0 });
    }
  }));
  return people;
};
