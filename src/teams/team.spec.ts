import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { given } from '../../test/support/given.js';
import { personal } from '../kernel/event.js';
import { teamDecider, type TeamCommand } from './team.decider.js';
import { teamNameDecider } from './team-name.decider.js';
import { refusalOfNewTeam, refusalOfTeamChange, type TeamTexts } from './team-permissions.js';
import type { TeamEvent, TeamNameEvent } from './team.events.js';

const TEAM = 'c3d4e5f6-1a2b-4c3d-8e4f-5a6b7c8d9e0f';
const WORKER = '5e2b9d14-7a60-4f83-b1c9-2d8e4f6a0b73';
const MAKER = 12;
const MODERATOR = 3;
const AT = '2026-03-01T12:00:00.000Z';
const LATER = '2026-03-01T12:01:00.001Z';
const text = personal(`user-${MAKER}`, 'text');

const team = (...events: readonly TeamEvent[]) => given(teamDecider, TEAM, ...events);
const created: TeamEvent = { type: 'TeamCreated.v1', data: { team: TEAM, owner: MAKER, name: text, nameHash: 'hash', info: null, createdAt: AT } };
const deleted: TeamEvent = { type: 'TeamDeleted.v1', data: { team: TEAM, by: MAKER, nameHash: 'hash', deletedAt: AT } };
const joined: TeamEvent = { type: 'TeamJoined.v1', data: { team: TEAM, worker: WORKER, by: 7, joinedAt: AT } };
const create: TeamCommand = { type: 'CreateTeam', owner: MAKER, name: text, nameHash: 'hash', info: null, at: AT };
const rename: TeamCommand = { type: 'ChangeTeam', by: MAKER, name: { name: text, nameHash: 'other', from: 'hash' }, at: AT };
const remove: TeamCommand = { type: 'DeleteTeam', by: MODERATOR, at: AT };
const join: TeamCommand = { type: 'JoinTeam', worker: WORKER, by: 7, at: AT };
const leave: TeamCommand = { type: 'LeaveTeam', worker: WORKER, by: 7, at: AT };

describe('a team', () => {
  it('is made once', () => {
    team().when(create).then(created);
    team(created).when(create).thenRefused('TeamExists');
    team(created, deleted).when(create).thenRefused('TeamExists');
  });
  it('is changed in what was sent, and by nothing sent not at all', () => {
    team(created).when(rename).then({ type: 'TeamChanged.v1', data: { team: TEAM, by: MAKER, name: text, nameHash: 'other', changedAt: AT } });
    team(created).when({ type: 'ChangeTeam', by: MAKER, info: text, at: AT }).then({ type: 'TeamChanged.v1', data: { team: TEAM, by: MAKER, info: text, changedAt: AT } });
    team(created).when({ type: 'ChangeTeam', by: MAKER, at: AT }).thenNothing();
  });
  it('is renamed by one of two who do so at once', () => {
    const renamed: TeamEvent = { type: 'TeamChanged.v1', data: { team: TEAM, by: MAKER, name: text, nameHash: 'other', changedAt: AT } };
    team(created, renamed).when(rename).thenRefused('TeamRenamed');
  });
  it('says which name it had last when it is deleted', () => {
    const renamed: TeamEvent = { type: 'TeamChanged.v1', data: { team: TEAM, by: MAKER, name: text, nameHash: 'other', changedAt: AT } };
    team(created).when(remove).then({ type: 'TeamDeleted.v1', data: { team: TEAM, by: MODERATOR, nameHash: 'hash', deletedAt: AT } });
    team(created, renamed).when(remove).then({ type: 'TeamDeleted.v1', data: { team: TEAM, by: MODERATOR, nameHash: 'other', deletedAt: AT } });
  });
  it('takes any worker, as often as it is asked: it may have been elsewhere in between', () => {
    team(created).when(join).then(joined);
    team(created, joined).when(join).then(joined);
  });
  it('lets any worker go, and has none left when it is gone', () => {
    team(created, joined).when(leave).then({ type: 'TeamLeft.v1', data: { team: TEAM, worker: WORKER, by: 7, leftAt: AT } });
    team(created, joined, deleted).when(leave).thenNothing();
    team().when(leave).thenNothing();
  });
  it.each([['never made', team()], ['deleted', team(created, joined, deleted)]] as const)('that was %s cannot be found', (_what, gone) => {
    for (const command of [rename, remove, join]) gone.when(command).thenRefused('TeamNotFound');
    gone.when({ type: 'ReadTeam' }).thenNothing();
  });
  it('takes no worker after it was deleted, whatever was asked of it before', () => {
    const asked = fc.array(fc.constantFrom(create, rename, remove, join, leave), { maxLength: 12 });
    fc.assert(fc.property(asked, (commands) => {
      const events: TeamEvent[] = [];
      for (const command of commands) {
        const decision = teamDecider.decide(command, team(...events).state());
        if (decision.outcome === 'accepted') events.push(...decision.events);
      }
      const end = events.findIndex(({ type }) => type === 'TeamDeleted.v1');
      expect(end < 0 || end === events.length - 1).toBe(true);
    }));
  });
});

describe('the name of a team', () => {
  const name = (...events: readonly TeamNameEvent[]) => given(teamNameDecider, 'hash', ...events);
  const reserved: TeamNameEvent = { type: 'TeamNameReserved.v1', data: { team: TEAM, owner: MAKER, reservedAt: AT } };
  const released: TeamNameEvent = { type: 'TeamNameReleased.v1', data: { team: TEAM, releasedAt: AT } };
  const reserve = (holder = TEAM) => ({ type: 'ReserveTeamName', team: holder, owner: MAKER, at: AT } as const);

  it('is one team\'s, however often that asks', () => {
    name().when(reserve()).then(reserved);
    name(reserved).when(reserve()).thenNothing();
    const again = { ...reserved, data: { ...reserved.data, reservedAt: LATER } };
    name(reserved).when({ ...reserve(), at: LATER }).then(again);
    name(reserved, again).when({ type: 'ReleaseTeamName', team: TEAM, heldSince: AT, at: LATER }).thenRefused('NameInUse');
    name(reserved).when(reserve('another')).thenRefused('NameTaken', { holder: TEAM });
    name(reserved, released).when(reserve()).then(reserved);
    for (const events of [[], [reserved]]) name(...events).when({ type: 'ReadTeamName' }).thenNothing();
  });
  it('is let go by the team that has it, and by somebody else only when it is old', () => {
    name(reserved).when({ type: 'ReleaseTeamName', team: TEAM, at: AT }).then(released);
    name(reserved).when({ type: 'ReleaseTeamName', team: 'another', at: AT }).thenNothing();
    name(reserved).when({ type: 'ReleaseTeamName', team: TEAM, heldSince: '2026-03-01T11:59:59.999Z', at: AT }).thenRefused('NameInUse');
    name(reserved).when({ type: 'ReleaseTeamName', team: TEAM, heldSince: AT, at: AT }).then(released);
  });
});

describe('what is refused of a team', () => {
  const isProfane = (words: string): boolean => words.includes('shit');
  const profane: TeamTexts = { name: 'shit', info: 'shit' };

  // Each row repairs what the row above was refused for, and nothing else.
  it.each<[string | undefined, { anonymous: boolean; trusted: boolean }, TeamTexts, boolean]>([
    ['AnonForbidden', { anonymous: true, trusted: false }, { name: '', info: 'shit' }, true],
    ['UntrustedTeamCreation', { anonymous: false, trusted: false }, { name: '', info: 'shit' }, true],
    ['BadRequest', { anonymous: false, trusted: true }, { name: 'ab', info: 'shit' }, true],
    ['TeamNameAlreadyExists', { anonymous: false, trusted: true }, profane, true],
    ['ProfaneTeamName', { anonymous: false, trusted: true }, profane, false],
    ['ProfaneTeamInfo', { anonymous: false, trusted: true }, { ...profane, name: 'abc' }, false],
    [undefined, { anonymous: false, trusted: true }, { name: 'abc', info: undefined }, false],
  ])('when it is made: %s', (rc, caller, texts, isTaken) => {
    expect(refusalOfNewTeam(caller, texts, { isProfane, isTaken })).toBe(rc);
  });

  it.each<[string | undefined, boolean, TeamTexts, boolean]>([
    ['NotOwner', false, profane, true], ['NotModerator', false, { ...profane, info: undefined }, true], ['ProfaneTeamInfo', true, profane, true],
    ['ProfaneTeamName', true, { name: 'shit', info: 'fine' }, true], ['BadRequest', true, { name: 'ab', info: 'fine' }, true],
    ['TeamNameAlreadyExists', true, { name: 'abc', info: 'fine' }, true], [undefined, true, { name: 'abc', info: undefined }, false],
    [undefined, true, { name: undefined, info: '' }, false],
    ['NoTeamModSelected', true, { name: undefined, info: undefined }, false], ['NoTeamModSelected', false, { name: undefined, info: undefined }, false],
  ])('when it is changed: %s', (rc, mayChange, texts, isTaken) => {
    expect(refusalOfTeamChange({ mayChange }, texts, { isProfane, isTaken })).toBe(rc);
  });
});
