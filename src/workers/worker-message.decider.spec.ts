import { describe, expect, it } from '@jest/globals';
import { personal } from '../kernel/event.js';
import { workerMessageDecider, type DeleteMessage, type PostMessage, type WorkerMessage } from './worker-message.decider.js';
import type { WorkerMessageEvent } from './worker-message.events.js';

const AT = '2026-03-01T12:00:00.000Z';
const AUTHOR = 7;
const post: PostMessage = {
  type: 'PostMessage', worker: 'w', author: AUTHOR, text: personal('user-7', 'Please restart'), origin: personal('user-7', '7'), expiresAt: '2026-03-02T00:00:00.000Z', at: AT,
};
const remove = (by: number, moderator = false): DeleteMessage => ({ type: 'DeleteMessage', by, moderator, at: AT });
const { type: _type, at: _at, ...words } = post;
const posted: WorkerMessageEvent = { type: 'WorkerMessagePosted.v1', data: { message: 'm', ...words, postedAt: AT } };
const deleted = (by: number): WorkerMessageEvent => ({ type: 'WorkerMessageDeleted.v1', data: { message: 'm', by, deletedAt: AT } });
const given = (...events: readonly WorkerMessageEvent[]): WorkerMessage => events.reduce(workerMessageDecider.evolve, workerMessageDecider.initialState('m'));

describe('a message to workers', () => {
  it('is posted once, however often it is asked', () => {
    expect(workerMessageDecider.decide(post, given())).toEqual({ outcome: 'accepted', events: [posted] });
    expect(workerMessageDecider.decide(post, given(posted))).toEqual({ outcome: 'accepted', events: [] });
    expect(workerMessageDecider.decide(post, given(posted, deleted(AUTHOR)))).toEqual({ outcome: 'accepted', events: [] });
    expect([post, remove(AUTHOR)].map((command) => workerMessageDecider.opens?.(command))).toEqual([true, false]);
  });

  it.each([[AUTHOR, false], [99, true]])('is deleted by its author or a moderator (%s, %s)', (by, moderator) =>
    expect(workerMessageDecider.decide(remove(by, moderator), given(posted))).toEqual({ outcome: 'accepted', events: [deleted(by)] }));

  it.each<readonly [string, DeleteMessage, readonly WorkerMessageEvent[], string]>([
    ['was never posted', remove(99), [], 'WorkermessageNotFound'], ['is deleted', remove(99), [posted, deleted(AUTHOR)], 'WorkermessageNotFound'],
    ['is somebody else\'s', remove(99), [posted], 'Forbidden'],
  ])('that %s is not deleted', (_what, command, events, rc) => expect(workerMessageDecider.decide(command, given(...events))).toMatchObject({ outcome: 'refused', rc }));
});
