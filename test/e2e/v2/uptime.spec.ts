import { describe, expect, it } from '@jest/globals';
import { AlchemyClient } from '../../support/alchemy.js';
import { startHorde } from '../../support/app.js';
import { type Fields, type Person, V2 } from '../../support/client.js';

const horde = await startHorde('uptime');
const { client } = horde;
const trusted = await client.person('trusted owner', 25, { trusted: true });
const untrusted = await client.person('untrusted owner', 25);
const moderator = await client.person('moderator', 25, { moderator: true });

const popAs = { image: (owner: Person, body: Fields) => client.popImage(owner.key, body), text: (owner: Person, body: Fields) => client.popText(owner.key, body) };
/** Calls now, and again and again for so many seconds, every 290 at least. */
const present = async (seconds: number, call: () => Promise<{ status: number }>): Promise<void> => {
  expect((await call()).status).toBe(200);
  for (let left = seconds; left > 0; left -= 290) {
    await horde.pass(Math.min(left, 290) * 1_000);
    expect((await call()).status).toBe(200);
  }
  await horde.caughtUp();
};
const named = async (name: string): Promise<Fields> => (await client.get(`${V2}/workers/name/${encodeURIComponent(name)}`)).body;
const seen = async ({ id }: Person): Promise<Fields> => (await client.get(`${V2}/users/${id}`, moderator.key)).body;

describe('a worker that is there', () => {
  it('is paid for ten minutes, by what it serves, and shows it', async () => {
    const call = () => popAs.image(trusted, { name: 'Lamp', models: ['Deliberate', 'stable_diffusion'], allow_lora: true });
    await present(595, call);
    expect(await named('Lamp')).toMatchObject({ kudos_rewards: 0, kudos_details: { uptime: null } });
    await present(300, call);
    const { uptime, ...lamp } = await named('Lamp');
    expect(uptime).toBeGreaterThanOrEqual(600);
    expect(lamp).toMatchObject({ kudos_rewards: 84, kudos_details: { generated: null, uptime: 84 }, requests_fulfilled: 0 });
    expect(await seen(trusted)).toMatchObject({ kudos: 109, evaluating_kudos: 0, kudos_details: { accumulated: 84 } });
  });

  it('earns escrow for an owner who is not trusted yet', async () => {
    await present(900, () => popAs.text(untrusted, { name: 'Quill', max_context_length: 2_048 }));
    expect(await named('Quill')).toMatchObject({ kudos_details: { uptime: 56.96 } }); // 55 for 7B; this one has 7.25B
    expect(await seen(untrusted)).toMatchObject({ kudos: 25, evaluating_kudos: 56.96, kudos_details: { accumulated: 0 } });
  });

  it('is paid at once as an alchemist, whoever owns it', async () => {
    const apprentice = await client.person('apprentice', 25);
    await present(900, () => new AlchemyClient(client).pop(apprentice.key, 'Crucible', ['caption']));
    expect(await named('Crucible')).toMatchObject({ type: 'interrogation', kudos_details: { uptime: 40 }, kudos_rewards: 40 });
    expect(await seen(apprentice)).toMatchObject({ kudos: 65, evaluating_kudos: 0, kudos_details: { accumulated: 40 } });
  });

  it('writes one event in five minutes, not one a call', async () => {
    const { events } = await horde.appendedBy(async () => {
      for (let call = 0; call < 40; call++) await popAs.text(untrusted, { name: 'Busy quill' });
      await horde.pass(299_000);
      for (let call = 0; call < 40; call++) await popAs.text(untrusted, { name: 'Busy quill' });
      await horde.pass(5_000);
      for (let call = 0; call < 40; call++) await popAs.text(untrusted, { name: 'Busy quill' });
    });
    expect(events.filter(({ stream }) => stream.startsWith('worker-')).map(({ type }) => type)).toEqual(['WorkerRegistered.v1', 'WorkerDeclared.v1', 'UptimeAccrued.v1']);
  });

  it('and goes away earns nothing for that time, and begins its ten minutes anew', async () => {
    const call = () => popAs.image(untrusted, { name: 'Firefly' });
    await present(580, call);
    await horde.pass(400_000);
    await present(310, call);
    await present(200, call);
    expect(await named('Firefly')).toMatchObject({ kudos_details: { uptime: null }, kudos_rewards: 0 });
    await present(310, call);
    expect(await named('Firefly')).toMatchObject({ kudos_details: { uptime: 52 }, kudos_rewards: 52 });
  });

  it('and is paused, or in maintenance, earns nothing for that time, and begins its ten minutes anew', async () => {
    const resting = await client.person('resting', 25);
    for (const [name, setting] of [['Sleeper', { paused: true }], ['Patient', { maintenance: true }]] as const) {
      const call = () => popAs.image(resting, { name });
      const change = async (body: Fields) => expect((await client.send('PUT', `${V2}/workers/${String((await named(name))['id'])}`, { key: moderator.key, body })).status).toBe(200);
      await present(580, call);
      await change(setting);
      for (let times = 0; times < 5; times++) {
        await horde.pass(60_000);
        await call(); // refused in maintenance, and told nothing while it is paused
      }
      await change(Object.fromEntries(Object.keys(setting).map((key) => [key, false])));
      await present(590, call);
      expect(await named(name)).toMatchObject({ kudos_details: { uptime: null } });
      await present(320, call);
      expect(await named(name)).toMatchObject({ kudos_details: { uptime: 52 } });
    }
  });

  it('is worth what it declared before, not what it declares as the reward comes', async () => {
    const models = ['Deliberate', 'stable_diffusion', 'Dreamshaper', 'Anything Diffusion'];
    await present(590, () => popAs.image(untrusted, { name: 'Boaster' }));
    await horde.pass(290_000);
    await popAs.image(untrusted, { name: 'Boaster', models, allow_lora: true });
    await horde.caughtUp();
    expect(await named('Boaster')).toMatchObject({ kudos_rewards: 52, models });
  });
});
