import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { jsonSchemaOf } from '../../src/platform/http/body/json-schema.js';
import type { RequestKind } from '../../src/kernel/request-kind.js';
import { declaredRoutes } from '../../src/platform/http/http-app.js';
import { SOURCE, type PoppedForms } from '../support/alchemy.js';
import { startHorde } from '../support/app.js';
import { ANONYMOUS, KOBOLD, REGEN, type Fields, type Popped } from '../support/client.js';
import { ALWAYS, fromSchema, spoiled, type Preferred } from '../support/from-schema.js';

const horde = await startHorde('fuzz');
const { client } = horde;
const SEED = 20_261_121;
const RUNS = 1_000;
const SPOILED_ONE_IN = 5;
/** Enough of them must get through, or nothing behind the door was tried. */
const ACCEPTED_LEAST = 0.4;
const DOCUMENTED = [200, 202, 400, 401, 403, 404, 429];

const people = await Promise.all(Array.from({ length: 6 }, (_, index) => client.person(`fuzzer ${index}`, 1_000_000, { trusted: index % 2 === 0 })));
const anybody = fc.constantFrom(...people.map(({ key }) => key));
const models = fc.subarray(['stable_diffusion', 'Deliberate', 'Dreamshaper', 'SDXL 1.0', 'Flux.1-Schnell fp8 (Compact)'], { minLength: 1 });
const aliases = fc.subarray(people.map(({ alias }) => alias), { maxLength: 2 });
const forms = fc.record({ name: fc.constantFrom('caption', 'nsfw', 'GFPGAN') });
/** Put in when it is sent: a job that was handed out and not delivered yet. */
const A_JOB = 'a job';

const nothingOf = (names: readonly string[]): Preferred => Object.fromEntries(names.map((name) => [name, fc.constant(undefined)]));
const never = nothingOf(['style', 'webhook', 'proxied_account', 'source_image', 'source_mask', 'source_processing', 'extra_source_images', 'workers', 'disable_batching']);
const noParams: Preferred = Object.fromEntries(['control_type', 'control_strength', 'workflow', 'extra_texts', 'special', 'flow_shift', 'transparent', 'scheduler', 'sampler_order', 'sampler_solver_type',
  'sampler_eta', 'sampler_s_noise', 'sampler_s_churn', 'sampler_s_tmin', 'sampler_s_tmax', 'hires_fix', 'stop_sequence'].map((name) => [`params.${name}`, fc.constant(undefined)]));
const few = { 'params.n': fc.integer({ min: 1, max: 3 }) };
/** Nobody waits here: what a wait brings is tried elsewhere. */
const worker = { [`${ALWAYS}name`]: fc.constantFrom('one', 'two', 'three'), priority_usernames: aliases, [`${ALWAYS}wait`]: fc.constant(0) };

/** Things of the first person, for the routes that change something. */
const owner = people[0]!;
const made = async (method: string, path: string, body: Fields): Promise<string> => (await client.send(method, `/api/v2/${path}`, { key: owner.key, body })).body['id'] as string;
const info = 'What all of them are about';
const image = await made('POST', 'styles/image', { name: 'an image', info, models: ['Deliberate'] });
const popped = await client.popImage(owner.key, { name: 'a worker of its own', models: ['stable_diffusion'] });
expect(popped.status).toBe(200);
await horde.caughtUp();
const [someWorker] = (await client.get<readonly { readonly id: string }[]>('/api/v2/workers')).body;
const THINGS: Readonly<Record<string, string>> = {
  user_id: String(owner.id), worker_id: someWorker!.id,
  style_id: image, example_id: await made('POST', `styles/image/${image}/example`, { url: 'https://example.org/first', primary: true }),
  team_id: await made('POST', 'teams', { name: 'a team' }),
  collection_id: await made('POST', 'collections', { name: 'a collection', styles: [image] }), sharedkey_id: await made('PUT', 'sharedkeys', { kudos: 10 }),
};
// Of no group: a prompt that filters refuse is held against its sender, which is a refusal that writes something.
const idleType = fc.integer({ min: 12, max: 19 });
const { body: { id: someFilter } } = await client.send<{ readonly id: string }>('PUT', '/api/v2/filters', { key: horde.operatorKey, body: { regex: 'wicked', filter_type: 12 } });
const tale = await made('POST', 'styles/text', { name: 'a text', info, models: ['a model'] });
/** Whom they belong to; awards, modes, blocks and filters are the operator's. Nobody else is asked to change them: that is tried elsewhere. */
const keyFor = (path: string, anybodys: string): string => {
  if (path.endsWith('/award') || path.endsWith('/modes') || path.endsWith('/ipaddr') || path.includes('/filters')) return horde.operatorKey;
  return path.includes('{') || path.endsWith('/messages') ? owner.key : anybodys;
};
const placed = (path: string): string => path.replace(/\{(\w+)\}/g, (_whole, name: string) => (path.includes('/text/') && name === 'style_id' ? tale : name === 'filter_id' ? someFilter : THINGS[name] ?? image));
/** Needs a finished request of its sender; would block everybody here. Their own tests are the ones that get through. */
const NEVER_ACCEPTED = ['POST /api/v2/generate/rate/:id', 'PUT /api/v2/operations/block_worker_ipaddr/:worker_id'];
const unique = fc.uuid();
const plain = nothingOf(['sharedkey', 'parameter_policy', 'template_fields']);
const anImage: Preferred = { ...plain, ...noParams, name: unique, prompt: fc.constantFrom('{p}###{np}', '{p}, oil{np}'), models };
const aText: Preferred = { ...plain, ...noParams, name: unique, prompt: fc.constantFrom('{p}', 'Tell of {p}'), 'params.max_context_length': fc.constant(8_192) };
const link = fc.nat().map((number) => `https://example.org/${number}`);

/** What a client that means well would send; the schema fills in the rest. */
const PREFERRED: Readonly<Record<string, Preferred>> = {
  'POST /api/v2/generate/async': { ...never, ...noParams, ...few, [`${ALWAYS}models`]: models },
  'POST /api/v2/generate/text/async': { ...never, ...noParams, ...few, [`${ALWAYS}models`]: models, prompt: fc.string({ minLength: 1, unit: 'grapheme' }), 'params.max_context_length': fc.constant(8_192) },
  'POST /api/v2/generate/pop': { ...worker, [`${ALWAYS}models`]: models, [`${ALWAYS}bridge_agent`]: fc.constantFrom(REGEN, REGEN, 'nobody:1:x') },
  'POST /api/v2/generate/text/pop': { ...worker, name: fc.constantFrom('four', 'five'), [`${ALWAYS}name`]: fc.constantFrom('four', 'five'), [`${ALWAYS}models`]: models, [`${ALWAYS}bridge_agent`]: fc.constantFrom(KOBOLD) },
  'POST /api/v2/generate/submit': { [`${ALWAYS}id`]: fc.constant(A_JOB), generation: fc.constantFrom('R2', 'aGVsbG8=') },
  'POST /api/v2/generate/text/submit': { [`${ALWAYS}id`]: fc.constant(A_JOB) },
  'POST /api/v2/interrogate/async': { source_image: fc.constant(SOURCE), webhook: fc.constant(undefined), [`${ALWAYS}forms`]: fc.array(forms, { maxLength: 3 }) },
  'POST /api/v2/interrogate/pop': { ...worker, [`${ALWAYS}name`]: fc.constantFrom('six', 'seven'), [`${ALWAYS}forms`]: fc.constant(['caption', 'nsfw', 'GFPGAN']) },
  'POST /api/v2/interrogate/submit': { [`${ALWAYS}id`]: fc.constant(A_JOB) },
  'POST /api/v2/kudos/transfer': { username: fc.constantFrom(...people.map(({ alias }) => alias)), [`${ALWAYS}amount`]: fc.integer({ min: 1, max: 5 }) },
  // What only moderators may say is tried with them; a renamed or deleted first person would own nothing any more.
  'PUT /api/v2/users/:user_id': { ...nothingOf(['kudos', 'monthly_kudos', 'usage_multiplier', 'moderator', 'concurrency', 'worker_invited', 'trusted', 'flagged', 'customizer', 'vpn', 'service',
    'special', 'education', 'reset_suspicion', 'admin_comment', 'undelete', 'filtered', 'generate_proxy_passkey', 'username']), [`${ALWAYS}public_workers`]: fc.boolean() },
  'PUT /api/v2/workers/:worker_id': { ...nothingOf(['paused', 'team', 'name']), [`${ALWAYS}maintenance`]: fc.boolean() },
  'POST /api/v2/kudos/award': { username: fc.constantFrom(...people.map(({ alias }) => alias)), [`${ALWAYS}amount`]: fc.integer({ min: 1, max: 5 }) },
  'PUT /api/v2/status/modes': { ...nothingOf(['maintenance_mode', 'invite_only_mode']), [`${ALWAYS}raid_mode`]: fc.boolean() },
  'POST /api/v2/operations/ipaddr': { ipaddr: fc.constantFrom('203.0.113.7', '203.0.113.0/24') },
  'DELETE /api/v2/operations/ipaddr': { ipaddr: fc.constantFrom('203.0.113.7', '203.0.113.0/24') },
  'PUT /api/v2/filters': { [`${ALWAYS}regex`]: fc.constantFrom('kid', '\\bkid\\b', 'kids?'), [`${ALWAYS}filter_type`]: idleType },
  'PATCH /api/v2/filters/:filter_id': { regex: fc.constant('wickedness'), filter_type: idleType },
  'POST /api/v2/workers/messages': { [`${ALWAYS}worker_id`]: fc.constant(someWorker!.id), message: fc.constantFrom('Please restart', 'Thank you') },
  'POST /api/v2/styles/image': { ...anImage, [`${ALWAYS}models`]: models },
  'PATCH /api/v2/styles/image/:style_id': anImage,
  'POST /api/v2/styles/text': { ...aText, [`${ALWAYS}models`]: models },
  'PATCH /api/v2/styles/text/:style_id': aText,
  'POST /api/v2/styles/image/:style_id/example': { url: link },
  'PATCH /api/v2/styles/image/:style_id/example/:example_id': { url: link },
  'POST /api/v2/teams': { [`${ALWAYS}name`]: unique, info: fc.constant(info) },
  'PATCH /api/v2/teams/:team_id': { name: unique, info: fc.constant(info) },
  'POST /api/v2/collections': { name: unique, [`${ALWAYS}styles`]: fc.constant([image]) },
  'PATCH /api/v2/collections/:collection_id': { name: unique, styles: fc.constant([image]) },
};
/** Most calls are those of a horde at work. */
const WORK_WEIGHT = 4;

// What stands under /v1 answers in another shape, and wants ids of transactions.
const routes = declaredRoutes(horde.server.app).filter(({ path, spec }) => path.startsWith('/api/v2/') && spec?.body && spec.body.mode !== 'form').map(({ method, path, spec }) => {
  const name = `${method} ${path}`;
  return { name, path: path.replace(/:(\w+)/g, '{$1}'), bodies: spoiled(fromSchema(jsonSchemaOf(spec!.body!.type), PREFERRED[name]), SPOILED_ONE_IN) };
});
const isWork = (path: string): boolean => /\/(async|pop|submit|transfer)$/.test(path);
const calls = fc.oneof(...routes.map(({ name, path, bodies }) => ({
  weight: isWork(path) ? WORK_WEIGHT : 1,
  arbitrary: fc.record({ name: fc.constant(name), path: fc.constant(path), body: bodies, key: anybody, chance: fc.nat({ max: 19 }) }),
})));

interface Job {
  readonly id: string;
  readonly owner: string;
}

describe('whatever a schema allows, and a little more', () => {
  it('is accepted or refused as documented; a refusal writes nothing', async () => {
    const jobs: Record<RequestKind, Job[]> = { image: [], text: [], alchemy: [] };
    const outcomes = new Map<string, number>();
    let accepted = 0;
    const send = async ({ name, path, body, key, chance }: { name: string; path: string; body: unknown; key: string; chance: number }): Promise<void> => {
      const kind = path.includes('/interrogate/') ? 'alchemy' : path.includes('/text/') ? 'text' : 'image';
      const isPop = path.endsWith('/pop');
      // Each worker has one owner, so that most pops are by the right one.
      const workersOwner = people[String((body as Fields)['name']).length % people.length]!.key;
      const job = (body as Fields)['id'] === A_JOB ? jobs[kind].shift() : undefined;
      const sent = job ? { ...(body as Fields), id: job.id } : body;
      const by = job?.owner ?? (isPop ? workersOwner : chance === 0 ? 'nobodys-key' : chance < 3 && path.endsWith('async') ? ANONYMOUS : keyFor(path, key));
      const { answer, events } = await horde.appendedBy(() => client.send<Popped & PoppedForms & { rc?: string }>(name.split(' ')[0]!, placed(path), { key: by, body: sent }));
      const { status, body: answered } = answer;
      const shown = JSON.stringify({ name, sent, status, answered });
      expect([shown, DOCUMENTED.includes(status)]).toEqual([shown, true]);
      if (status >= 400) expect([shown, events.map(({ type }) => type)]).toEqual([shown, []]);
      else accepted += 1;
      if (isPop && status === 200) jobs[kind].push(...(kind === 'alchemy' ? (answered.forms ?? []).map(({ id }) => id) : answered.ids).map((id) => ({ id, owner: by })));
      const outcome = `${name} ${status} ${answered.rc ?? ''}`.trim();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    await fc.assert(fc.asyncProperty(calls, send), { seed: SEED, numRuns: RUNS, endOnFailure: true });
    const share = accepted / RUNS;
    const table = [...outcomes].sort().map(([outcome, count]) => `${count} × ${outcome}`);
    expect({ table, share, enough: share >= ACCEPTED_LEAST }).toEqual({ table, share, enough: true });
    // Every route of the slice was reached: something of it was accepted.
    expect(routes.map(({ name }) => name).filter((name) => !NEVER_ACCEPTED.includes(name) && ![...outcomes.keys()].some((outcome) => outcome.startsWith(`${name} 20`)))).toEqual([]);
  });
});
