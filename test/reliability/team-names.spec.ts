import { describe, expect, it } from '@jest/globals';
import { CommandBus, type ICommand } from '@nestjs/cqrs';
import { TeamChangeParts, TeamChanges } from '../../src/teams/team-changes.js';
import { OnTeam } from '../../src/teams/team.message.js';
import { TeamNames } from '../../src/teams/team-names.js';
import { Teams } from '../../src/teams/teams.message.js';
import { ChangeTeamFields, NewTeamFields } from '../../src/teams/team.body.js';
import { UserDirectory } from '../../src/users/directory.message.js';
import { startHorde } from '../support/app.js';
import { V2 } from '../support/client.js';

const horde = await startHorde('team_names');
const { client, server: { app } } = horde;
const [one, other] = [await client.person('one', 25, { trusted: true }), await client.person('other', 25, { trusted: true })];
const bus = app.get(CommandBus, { strict: false });
/** Nobody believes in a rename that takes longer (src/teams/team-names.ts). */
const STALL_MS = 61_000;

const post = async (key: string, name: string) => {
  const { status, body } = await client.post(`${V2}/teams`, key, { name });
  return { status, id: body['id'] as string };
};
const namesOf = async (...ids: readonly string[]): Promise<unknown[]> => {
  await horde.caughtUp();
  return Promise.all(ids.map(async (id) => (await client.get(`${V2}/teams/${id}`)).body['name']));
};
/** A process that stands still for a minute just before it writes to a team, while somebody else does something. */
const stalledBefore = (type: 'ChangeTeam' | 'CreateTeam', meanwhile: () => Promise<void>): TeamChanges => {
  let hasStalled = false;
  const execute = async (message: ICommand): Promise<unknown> => {
    if (!hasStalled && message instanceof OnTeam && message.command.type === type) {
      hasStalled = true;
      await horde.pass(STALL_MS);
      await meanwhile();
    }
    return bus.execute(message);
  };
  return new TeamChanges({ execute } as unknown as CommandBus, app.get(TeamNames, { strict: false }), app.get(TeamChangeParts, { strict: false }));
};
const callerOf = async ({ key }: { readonly key: string }) => (await app.get(UserDirectory, { strict: false }).byKey(key))!;
const row = async (id: string) => (await app.get(Teams, { strict: false }).find(id))!;

describe('a name that was claimed a minute before it is borne', () => {
  it('is the other team\'s that was made of it meanwhile, and the first keeps its own', async () => {
    const first = await post(one.key, 'the slow');
    let second = { status: 0, id: '' };
    const changes = stalledBefore('ChangeTeam', async () => { second = await post(other.key, 'the wanted'); });
    await expect(changes.change(await row(first.id), await callerOf(one), Object.assign(new ChangeTeamFields(), { name: 'the wanted' }))).rejects.toMatchObject({ rc: 'TeamNameAlreadyExists' });
    expect(second.status).toBe(200);
    expect(await namesOf(first.id, second.id)).toEqual(['the slow', 'the wanted']);
    expect((await post(other.key, 'the slow')).status).toBe(400);
  });

  it('stays with the team when nobody else wanted it, and the old name is free', async () => {
    const { id } = await post(one.key, 'the late');
    const changes = stalledBefore('ChangeTeam', () => Promise.resolve());
    await changes.change(await row(id), await callerOf(one), Object.assign(new ChangeTeamFields(), { name: 'the later' }));
    expect(await namesOf(id)).toEqual(['the later']);
    expect((await post(other.key, 'the later')).status).toBe(400);
    expect((await post(other.key, 'the late')).status).toBe(200);
  });

  it('is another team\'s that was renamed to it before the new one was made, and that is not made', async () => {
    const { id } = await post(other.key, 'the quick');
    const changes = stalledBefore('CreateTeam', async () => {
      expect((await client.send('PATCH', `${V2}/teams/${id}`, { key: other.key, body: { name: 'the coveted' } })).status).toBe(200);
    });
    await expect(changes.create(await callerOf(one), Object.assign(new NewTeamFields(), { name: 'the coveted' }))).rejects.toMatchObject({ rc: 'TeamNameAlreadyExists' });
    expect(await namesOf(id)).toEqual(['the coveted']);
    await horde.caughtUp();
    const { body } = await client.get(`${V2}/teams`);
    expect((body as unknown as readonly { name: string }[]).filter(({ name }) => name === 'the coveted')).toHaveLength(1);
  });
});
