import { describe, expect, it } from '@jest/globals';
import { declaration } from '../../test/support/request-facts.js';
import { centikudos, NO_KUDOS } from '../kernel/kudos.js';
import { workerView, type WorkerFigures, type WorkerStanding } from './worker-view.js';

const AT = Date.UTC(2026, 2, 1, 12);
const figures: WorkerFigures = {
  id: 'w', kind: 'image', owner: 7, name: 'Dreamer', nameHash: 'hash', info: null, declaration: declaration({ agent: 'AI Horde Worker reGen:13:x', allowImg2img: true, allowPainting: true }), maintenance: false,
  paused: true, suspicions: 3, team: null, fulfilled: 2, kudosGenerated: centikudos(1_250), things: 2_345_678, uncompletedJobs: 1, uptimeMs: 61_999, uptimeKudos: NO_KUDOS, speed: 1_234_567,
};
const standing: WorkerStanding = { online: true, trusted: false, flagged: false, moderated: false };
const message = { id: 'm', worker: 'w', author: 9, text: 'Please restart', origin: 'Night shift', postedAt: AT, expiresAt: AT + 3_600_000 };
const view = (worker: Partial<WorkerFigures> = {}, stands: Partial<WorkerStanding> = {}) => workerView({ ...figures, ...worker }, { ...standing, ...stands });

describe('the worker object', () => {
  it.each([['AI Horde Worker reGen:13:x', true, true], ['AI Horde Worker:3:x', true, false], ['unknown:0:unknown', false, false]])('of %s says what its bridge can do', (agent, img2img, painting) => {
    expect(view({ declaration: declaration({ agent, allowImg2img: true, allowPainting: true }) })).toMatchObject({ img2img, painting });
    expect(view({ declaration: declaration({ agent, allowImg2img: false, allowPainting: false }) })).toMatchObject({ img2img: false, painting: false });
  });

  it('tells moderators where it is and how it stands, and nobody else', () => {
    const secret = ['paused', 'suspicious', 'ipaddr', 'contact'];
    const told = { owner: 'Ada#7', messages: [message], contact: 'ada@example.org', ipaddr: '203.0.113.7' };
    expect(view({}, { ...told, moderated: true })).toMatchObject({ paused: true, suspicious: 3, ipaddr: '203.0.113.7', contact: 'ada@example.org', owner: 'Ada#7' });
    const shown = Object.keys(view({}, told));
    expect(secret.filter((member) => shown.includes(member))).toEqual([]);
    const silent = Object.keys(view({}, { moderated: true, contact: null, ipaddr: undefined }));
    expect(secret.filter((member) => silent.includes(member))).toEqual(['paused', 'suspicious']);
  });

  it('shows what is said to it where its owner is shown', () => {
    expect(view({}, { owner: 'Ada#7', messages: [message] })).toMatchObject({
      messages: [{ message: 'Please restart', origin: 'Night shift', expiry: 'Sun, 01 Mar 2026 13:00:00 -0000', created: 'Sun, 01 Mar 2026 12:00:00 -0000', worker_id: 'w', user_id: '9' }],
    });
    expect(Object.keys(view({}, { messages: [message] }))).not.toContain('messages');
  });
});
