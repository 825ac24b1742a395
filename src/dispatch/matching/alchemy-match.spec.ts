import { describe, expect, it } from '@jest/globals';
import { alchemyFacts } from '../../../test/support/request-facts.js';
import { kudos } from '../../kernel/kudos.js';
import type { RequestFacts } from '../../requests/request.events.js';
import { AlchemyPopFields } from '../bodies/pop.body.js';
import { alchemistDeclaration } from '../declaration.js';
import { alchemyMatch } from './alchemy-match.js';
import type { AlchemyNeeds, Encounter, SkipReason } from './facts.js';
import { skippedForms } from './skipped.js';
import { alchemyWorkerFacts, type Standing } from './worker-facts.js';

const popped = (parts: Partial<AlchemyPopFields> = {}): AlchemyPopFields => Object.assign(new AlchemyPopFields(), {
  name: 'w', priority_usernames: [], forms: ['caption'], annotation_types: [], amount: 1, bridge_agent: 'a:1:b', threads: 2, max_tiles: 4, require_upfront_kudos: false, ...parts,
});
const stands: Standing = {
  worker: 'w', owner: 9, ownerTrusted: false, maintenance: false, stale: false, speed: 1, prioritised: new Set(), requireUpfrontKudos: false, blacklist: [],
};
const request = (parts: Partial<RequestFacts> = {}, tiles = 4) =>
  alchemyFacts({ request: 'r', payer: 7, acceptedAt: '2026-03-01T12:00:00.000Z', ...parts }, [{ form: 'caption', price: kudos(1), debit: kudos(3) }], tiles) as RequestFacts & AlchemyNeeds;
const met = (asked: ReturnType<typeof request>, standing: Partial<Standing> = {}, body: Partial<AlchemyPopFields> = {}) =>
  alchemyMatch(asked, alchemyWorkerFacts(alchemistDeclaration(popped(body)), { ...stands, ...standing }));

// By descending precedence: each row fixes the fault of the row above and keeps the ones below.
const fussy = { trustedWorkers: true, slowWorkers: false };
it.each([
  ['maintenance', request(fussy, 5), { maintenance: true, speed: 10 }, { forms: ['nsfw'] }],
  ['models', request(fussy, 5), { speed: 10 }, { forms: ['nsfw'] }],
  ['untrusted', request(fussy, 5), { speed: 10 }, {}],
  ['performance', request(fussy, 5), { speed: 10, ownerTrusted: true }, {}],
  ['max_tiles', request(fussy, 5), { ownerTrusted: true }, {}],
  [undefined, request(fussy, 4), { ownerTrusted: true, speed: 9.9 }, {}],
  [undefined, request(), { speed: 60 }, {}],
  [undefined, request({ payer: 9 }), { maintenance: true }, {}],
] as const)('%s is why an alchemist does not serve', (reason, asked, standing, body) => expect(met(asked, standing, body as unknown as Partial<AlchemyPopFields>)).toBe(reason));

/** A meeting to be spoilt. */
interface Meeting { request: Partial<RequestFacts>; tiles: number; standing: Partial<Standing>; body: Partial<AlchemyPopFields>; encounter: Partial<Encounter> }
const FAULTS: readonly (readonly [SkipReason, (meeting: Meeting) => void])[] = [
  ['maintenance', ({ standing }) => { Object.assign(standing, { maintenance: true }); }],
  ['stale', ({ standing }) => { Object.assign(standing, { stale: true }); }],
  ['models', ({ body }) => { body.forms = ['nsfw']; }],
  ['untrusted', ({ request: facts }) => { Object.assign(facts, { trustedWorkers: true }); }],
  ['secret', ({ encounter }) => { Object.assign(encounter, { tricked: true }); }],
  ['worker_id', ({ request: facts }) => { Object.assign(facts, { workers: ['other'] }); }],
  ['performance', ({ request: facts, standing }) => { Object.assign(facts, { slowWorkers: false }); Object.assign(standing, { speed: 10 }); }],
  ['max_tiles', (meeting) => { meeting.tiles = 5; }],
  ['untrusted', ({ encounter }) => { Object.assign(encounter, { unsafeIp: true }); }],
];
it('an alchemist is skipped for each fault alone, and of any two for the one that comes first', () => {
  FAULTS.forEach(([reason, spoil], at) => {
    for (const [, alsoSpoil] of [[undefined, () => undefined] as const, ...FAULTS.slice(at + 1)]) {
      const meeting: Meeting = { request: {}, tiles: 4, standing: {}, body: {}, encounter: {} };
      alsoSpoil(meeting);
      spoil(meeting);
      const worker = alchemyWorkerFacts(alchemistDeclaration(popped(meeting.body)), { ...stands, ...meeting.standing });
      const encounter: Encounter = { tricked: false, unsafeIp: false, payerAvailable: kudos(0), price: kudos(1), ...meeting.encounter };
      expect(alchemyMatch(request(meeting.request, meeting.tiles), worker, encounter)).toBe(reason);
    }
  });
});

describe('what an alchemist declares', () => {
  it.each([
    [[], [], ['caption']], [['caption', 'caption'], [], ['caption']], [['annotation', 'nsfw'], [], ['nsfw']],
    [['annotation', 'GFPGAN'], ['canny', 'depth'], ['annotation/canny', 'annotation/depth', 'GFPGAN']], [['nsfw'], ['canny'], ['nsfw']],
  ])('forms %j with annotators %j are what it can do: %j', (forms, types, services) =>
    expect(alchemistDeclaration(popped({ forms, annotation_types: types })).models).toEqual(services));
  it('says how large its images may be', () => expect(alchemistDeclaration(popped())).toMatchObject({ maxTiles: 4, threads: 2, agent: 'a:1:b', nsfw: false }));
});

it('tells a worker only what the API names, and only what happened', () =>
  expect(skippedForms({ kudos: 2, untrusted: 1, performance: 4, max_tiles: 1, models: 9, worker_id: 0 })).toEqual({ untrusted: 1, kudos: 2 }));
