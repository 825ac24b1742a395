import { expect, it } from '@jest/globals';
import { Reaper } from '../../src/dispatch/reaper.js';
import { decode } from '../../src/platform/event-log/codec.js';
import { declaration } from '../support/request-facts.js';
import { Seeded } from '../support/seeded.js';
import type { Fault } from './network.js';
import { Simulation } from './simulation.js';
import { untilDone } from './until-done.js';

const MODEL = 'stable_diffusion';

/** A horde with one request for two images, and a worker whose pop meets the fault while its claim is written. */
const claimedWith = async (fault: Fault) => {
  const random = new Seeded(5);
  const simulation = new Simulation({ seed: 5 });
  const { clients, world } = simulation;
  for (const place of [0, 1]) await simulation.restart(place);
  const node = simulation.nodes[0]!;
  clients.register(node, 'Ada', 'oauth');
  clients.register(node, 'Grace', 'oauth');
  await untilDone(simulation, random, () => clients.users.length === 2);
  void clients.image(node, clients.user(0), { prompt: 'a harbour', models: [MODEL], params: { n: 2, width: 512, height: 512, steps: 10 } });
  await untilDone(simulation, random, () => clients.requests.length === 1);
  const stream = `request-${clients.requests[0]!.id}`;
  const answers = clients.answers.length;
  world.network.arm(node.id, fault, 'JobAssigned.v1');
  clients.pop(node, clients.user(1), {
    kind: 'image', name: 'a worker', ip: '127.0.0.1', amount: 1, wish: { prioritised: [], requireUpfrontKudos: false, blacklist: [], test: false },
    declaration: declaration({ models: [MODEL], maxPixels: 4_194_304 }),
  });
  await untilDone(simulation, random, () => clients.answers.length > answers);
  expect(clients.answers.at(-1)).toContain('pop: not now');
  let rounds = 0;
  void node.get(Reaper).round().then(() => { rounds += 1; });
  await untilDone(simulation, random, () => rounds === 1);
  return { simulation, events: world.store.stream(stream).map((event) => ({ type: event.type, data: decode(event).data })) };
};

it('takes a job back at the next round when the answer to its claim was lost, and holds it against nobody', async () => {
  const { simulation, events } = await claimedWith('answer lost');
  expect(events.map(({ type }) => type)).toEqual(['RequestAccepted.v1', 'JobAssigned.v1', 'JobFaulted.v1']);
  expect(events.at(-1)!.data).toMatchObject({ unheard: true });
  expect(simulation.world.wrong).toBeUndefined();
});

it('writes nothing when the claim itself was lost', async () => {
  const { simulation, events } = await claimedWith('question lost');
  expect(events.map(({ type }) => type)).toEqual(['RequestAccepted.v1']);
  expect(simulation.world.wrong).toBeUndefined();
});
