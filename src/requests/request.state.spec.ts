import { describe, expect, it } from '@jest/globals';
import {
  abandoned, accepted, assigned, cancelled, completed, expired, faulted, minute, request, requestExpired, requestFaulted, submitted,
} from '../../test/support/a-request.js';
import type { RequestEvent } from './request.events.js';

describe('a request remembers', () => {
  it.each<readonly [string, readonly RequestEvent[], string | undefined, boolean]>([
    ['that it goes on', [accepted(2)], undefined, false], ['that it was cancelled', [accepted(2), assigned('a'), cancelled(1)], 'cancelled', false],
    ['that it has faulted', [accepted(2), assigned('a'), requestFaulted(1)], 'faulted', false], ['that its time was up', [accepted(2), requestExpired(2, minute(20))], 'expired', false],
    ['that it was abandoned, which is all there will ever be of it', [abandoned], 'abandoned', true],
    ['that it is done', [accepted(1), assigned('a'), submitted('a'), completed('done', ['a'])], undefined, true],
  ])('%s', (_what, events, ended, isCompleted) => {
    expect(request(...events).state()).toMatchObject({ ended, completed: isCompleted });
  });
  it('which jobs are out, delivered, and back', () => {
    const { jobs } = request(accepted(4), ...['a', 'b', 'c', 'd'].map((job) => assigned(job)), submitted('b'), faulted('c'), expired('d', minute(3))).state();
    expect([...jobs.values()].map(({ state }) => state)).toEqual(['pending', 'submitted', 'returned', 'returned']);
  });
  it('no forms of images and texts, which have none', () => {
    const { waitingForms, returnsOf } = request(accepted(2), assigned('a'), faulted('a')).state();
    expect([waitingForms.size, returnsOf.size]).toEqual([0, 0]);
  });
});
