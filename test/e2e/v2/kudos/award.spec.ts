import { describe, expect, it } from '@jest/globals';
import { OnUser } from '../../../../src/users/user.message.js';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, since, V2, type Fields, type HeaderFields } from '../../../support/client.js';

const horde = await startHorde('award');
const { client, operatorKey } = horde;
const target = await client.person('target', 25);
const NOBODY = 2_147_483_647;
const award = (key: string | undefined, body: Fields, headers?: HeaderFields) => client.post(`${V2}/kudos/award`, key, body, headers);
const give = async (user: number, role: 'flagged' | 'deleted') => horde.command(new OnUser(user, {
  type: 'ChangeRoles', roles: { [role]: true }, at: '2026-03-01T12:00:00.000Z',
}, { actor: { kind: 'system' }, correlationId: 'test' }));

describe('POST /kudos/award', () => {
  it('gives to whom the operator names, out of nothing but issue:award', async () => {
    const { answer, events } = await horde.appendedBy(() => award(operatorKey, { username: target.alias, amount: 250 }));
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { awarded: 250 } });
    expect(events.map(({ type, stream }) => [type, stream.replace(/[0-9a-f-]{36}$/, '…')])).toEqual([['KudosGranted.v1', 'grant-award-…']]);
    const { body } = await client.get(`${V2}/users/${target.id}`, undefined, since(answer));
    expect(body).toMatchObject({ kudos: 275, kudos_details: { awarded: 250, recurring: 0, received: 0 } });
  });

  it('gives 100 when no amount is named', async () => {
    const to = await client.person('by default', 25);
    expect((await award(operatorKey, { username: String(to.id) })).body).toEqual({ awarded: 100 });
    expect(await horde.kudosOf(to)).toBe(125);
  });

  it('with an Idempotency-Key happens once, however often it is asked', async () => {
    const [to, key] = [await client.person('once', 25), { 'idempotency-key': 'thanks' }];
    const { answer, events } = await horde.appendedBy(() => Promise.all(Array.from({ length: 10 }, () => award(operatorKey, { username: to.alias, amount: 7 }, key))));
    expect(answer.map(({ status, body }) => [status, body])).toEqual(Array.from({ length: 10 }, () => [200, { awarded: 7 }]));
    expect(answer.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(events).toHaveLength(1);
    expect((await award(operatorKey, { username: to.alias, amount: 8 }, key)).body).toMatchObject({ rc: 'IdempotencyKeyConflict' });
    expect(await horde.kudosOf(to)).toBe(32);
  });

  it('is refused by the first reason in the order of the contract, and leaves nothing behind', async () => {
    const [flagged, leaver, moderator] = [await client.person('flagged', 25), await client.person('leaver', 25), await client.person('moderator', 25, { moderator: true })];
    await give(flagged.id, 'flagged');
    await give(leaver.id, 'deleted');
    await horde.caughtUp();
    const { answer, events } = await horde.appendedBy(async () => {
      const tried: unknown[] = [];
      for (const [key, username, amount] of [
        ['unknown', 'nobody', -1], [leaver.key, 'nobody', -1], [target.key, 'nobody', -1], [moderator.key, 'nobody', -1], [ANONYMOUS, 'nobody', -1],
        [operatorKey, 'nobody', -1], [operatorKey, `nobody#${NOBODY}`, -1], [operatorKey, 'Anonymous#0', -1], [operatorKey, flagged.alias, -1],
        [operatorKey, target.alias, -1], [operatorKey, target.alias, 0], [operatorKey, target.alias, 0.4],
      ] as const) {
        const { status, body } = await award(key, { username, amount });
        tried.push([status, body['rc']]);
      }
      return tried;
    });
    expect(answer).toEqual([
      [401, 'InvalidAPIKey'], [403, 'DeletedUser'], [403, 'NotAllowedAwards'], [403, 'NotAllowedAwards'], [403, 'NotAllowedAwards'], [400, 'InvalidAwardUsername'],
      [400, 'InvalidAwardUsername'], [400, 'KudosAwardToAnon'], [400, 'TargetAccountFlagged'], [400, 'NegativeKudosTransfer'], [400, 'InvalidKudosTransferAmount'],
      [400, 'InvalidKudosTransferAmount'],
    ]);
    expect(events).toEqual([]);
  });

  it('says what is missing, and takes no amount that sums could not hold', async () => {
    expect(await award(operatorKey, {})).toMatchObject({ status: 400, body: { errors: { username: expect.any(String) } } });
    expect(await award(operatorKey, { username: target.alias, amount: null })).toMatchObject({ status: 400, body: { errors: { amount: expect.any(String) } } });
    expect(await award(operatorKey, { username: target.alias, amount: 1e15 })).toMatchObject({ status: 400, body: { errors: { amount: expect.any(String) } } });
    expect(await award(undefined, { username: target.alias })).toMatchObject({ status: 400, body: { errors: { apikey: expect.any(String) } } });
  });
});
