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

const never: Preferred = Object.fromEntries(['style', 'webhook', 'proxied_account', 'source_image', 'source_mask', 'source_processing', 'extra_source_images', 'workers', 'disable_batching']
  .map((name) => [name, fc.constant(undefined)]));
const noParams: Preferred = Object.fromEntries(['control_type', 'control_strength', 'workflow', 'extra_texts', 'special', 'flow_shift', 'transparent', 'scheduler', 'sampler_order', 'sampler_solver_type',
  'sampler_eta', 'sampler_s_noise', 'sampler_s_churn', 'sampler_s_tmin', 'sampler_s_tmax', 'hires_fix', 'stop_sequence'].map((name) => [`params.${name}`, fc.constant(undefined)]));
const few = { 'params.n': fc.integer({ min: 1, max: 3 }) };
const worker = { [`${ALWAYS}name`]: fc.constantFrom('one', 'two', 'three'), priority_usernames: aliases };

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
};

const routes = declaredRoutes(horde.server.app).filter(({ spec }) => spec?.body && spec.body.mode !== 'form').map(({ method, path, spec }) => {
  const name = `${method} ${path}`;
  return { name, path, bodies: spoiled(fromSchema(jsonSchemaOf(spec!.body!.type), PREFERRED[name]), SPOILED_ONE_IN) };
});
const calls = fc.oneof(...routes.map(({ name, path, bodies }) => fc.record({ name: fc.constant(name), path: fc.constant(path), body: bodies, key: anybody, chance: fc.nat({ max: 19 }) })));

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
      const owner = people[String((body as Fields)['name']).length % people.length]!.key;
      const job = (body as Fields)['id'] === A_JOB ? jobs[kind].shift() : undefined;
      const sent = job ? { ...(body as Fields), id: job.id } : body;
      const by = job?.owner ?? (isPop ? owner : chance === 0 ? 'nobodys-key' : chance < 3 && path.endsWith('async') ? ANONYMOUS : key);
      const { answer, events } = await horde.appendedBy(() => client.post<Popped & PoppedForms & { rc?: string }>(path, by, sent));
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
    expect(routes.map(({ name }) => name).filter((name) => ![...outcomes.keys()].some((outcome) => outcome.startsWith(`${name} 20`)))).toEqual([]);
  });
});
