import { describe, expect, it } from '@jest/globals';
import type { JobSettled } from '../../../../src/kudos/account.events.js';
import { ADOPTED_POLICY, type PricePolicy } from '../../../../src/pricing/price-policy.js';
import { patchedPolicy } from '../../../../src/pricing/policy-patch.js';
import { Pricing } from '../../../../src/pricing/pricing.js';
import { OnRequest } from '../../../../src/requests/request.message.js';
import type { JobSubmitted } from '../../../../src/requests/request.events.js';
import { startHorde } from '../../../support/app.js';

const horde = await startHorde('policies');
const { client, server: { platform } } = horde;
const payer = await client.person('payer', 100_000);
const owner = await client.person('owner', 1_000);

const DEARER: PricePolicy = { ...patchedPolicy(ADOPTED_POLICY, { image: { scale: 3 }, activation: { base: 10 } }), version: ADOPTED_POLICY.version + 1 };
/** A release with another policy begins to run on the same log, while this process goes on. */
const adopt = (policy: PricePolicy): void => void Object.assign(platform.pricing, { policy });
const dataOf = (events: readonly { readonly type: string; readonly data: object }[], type: string): object => events.find((event) => event.type === type)!.data;

describe('a policy that is adopted while requests wait', () => {
  it('is not what they are handed out, priced and paid by', async () => {
    const { body: asked } = await client.askImage(payer.key, { models: [] });
    adopt(DEARER);
    const job = await client.popImage(owner.key, { name: 'dreamer' });
    expect(job.body.id).not.toBeNull();
    const { answer, events } = await horde.appendedBy(() => client.submitImage(owner.key, job.body.id));
    adopt(ADOPTED_POLICY);
    const submitted = dataOf(events, 'JobSubmitted.v1') as JobSubmitted['data'];
    const settled = dataOf(events, 'JobSettled.v1') as JobSettled['data'];
    expect([submitted.policy, settled.policy, settled.ledger!.policy]).toEqual([1, 1, 1]);
    expect(submitted).toMatchObject({ bridge: 'AI Horde Worker reGen', price: Math.round(answer.body.reward * 100) });
    expect(300 + settled.debit).toBeLessThanOrEqual(Math.round(asked.kudos_quote * 100));
  });

  it('is what new requests are quoted by, and a node that does not know it leaves them to others', async () => {
    const cheap = await client.askImage(payer.key, { dry_run: true });
    adopt(DEARER);
    const asked = await client.askImage(payer.key);
    expect(asked.body.kudos_quote).toBeGreaterThan(2 * cheap.body.kudos_quote);
    expect((await client.popImage(owner.key, { name: 'dreamer' })).body.id).toBeNull();

    // A node of the newer release has handed it out, and the worker comes to this one with its result.
    const worker = (await client.get<{ id: string }>('/api/v2/workers/name/dreamer')).body.id;
    const job = platform.ids.uuid();
    await horde.command(new OnRequest(asked.body.id, {
      type: 'AssignJobs', jobs: [job], worker, owner: owner.id, model: 'stable_diffusion', ttlS: 150, extraSlow: false, at: new Date(platform.clock.now()).toISOString(),
    }, { actor: { kind: 'system' }, correlationId: 'other node' }));
    const { answer: late, events } = await horde.appendedBy(() => client.submitImage(owner.key, job));
    expect(late.status).toBe(503);
    expect(late.headers.get('retry-after')).not.toBeNull();
    expect(events).toEqual([]);

    // Then this one is updated too.
    const newer = new Pricing(DEARER, platform.pricing.reference, platform.pricing.escrow, { earlier: [ADOPTED_POLICY] });
    const policyOf = platform.pricing.policyOf.bind(platform.pricing);
    Object.assign(platform.pricing, { policyOf: (version: number) => newer.policyOf(version) });
    const { events: paid } = await horde.appendedBy(() => client.submitImage(owner.key, job));
    Object.assign(platform.pricing, { policyOf });
    adopt(ADOPTED_POLICY);
    expect(dataOf(paid, 'JobSettled.v1')).toMatchObject({ policy: 2 });
  });
});
