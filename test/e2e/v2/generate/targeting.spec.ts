import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';

const horde = await startHorde('targeting', { settings: { HORDE_UPFRONT_KUDOS_ON_WORKERLIST: '1', HORDE_REQUIRE_MATCHED_TARGETING: '1' } });
const { client } = horde;
const rich = await client.person('rich', 10_000);
const poor = await client.register('poor');
const owner = await client.person('owner', 1_000);

const pop = (priority: readonly string[] = []) => client.popImage(owner.key, { name: 'targeted', priority_usernames: priority });
const popText = (priority: readonly string[] = []) => client.popText(owner.key, { name: 'targeted scribe', priority_usernames: priority });
const workerOf = async (name: string): Promise<string> => {
  await horde.caughtUp();
  return (await client.get<{ id: string }>(`/api/v2/workers/name/${name}`)).body.id;
};
await pop();
await popText();
const worker = await workerOf('targeted');
const scribe = await workerOf('targeted scribe');

describe('a request that names workers', () => {
  it('needs its price upfront under the setting, and is not downgraded', async () => {
    for (const body of [{ workers: [worker] }, { workers: [worker], worker_blacklist: true }, { workers: [worker], allow_downgrade: true }]) {
      expect(await client.askImage(poor.key, body)).toMatchObject({ status: 403, body: { rc: 'KudosUpfront' } });
      expect(await client.askText(poor.key, body)).toMatchObject({ status: 403, body: { rc: 'KudosUpfront' } });
    }
    const free = await client.askImage(poor.key, { models: ['Deliberate'] });
    expect(free.status).toBe(202);
    await client.cancel(free.body.id);
  });

  it('costs a tenth of a kudos a job, and goes only to a worker that puts the requester first', async () => {
    const asked = await client.askImage(rich.key, { workers: [worker] });
    expect(asked.body.kudos_quote).toBe(3 + 1.1); // activation, and a tenth with the tax of every job
    expect((await pop()).body).toMatchObject({ id: null, skipped: { worker_id: 1 } });
    const job = await pop([rich.alias]);
    expect(await client.submitImage(owner.key, job.body.id)).toMatchObject({ status: 200, body: { reward: 0.1 } });
    const text = await client.askText(rich.key, { workers: [scribe] });
    expect(text.body.kudos_quote).toBe(1 + 1.1);
    expect((await popText()).body.id).toBeNull();
    expect(await client.submitText(owner.key, (await popText([rich.alias])).body.id)).toMatchObject({ status: 200, body: { reward: 0.1 } });
  });

  it('means the same workers when it writes their ids in capitals', async () => {
    const excluding = await client.askImage(rich.key, { workers: [worker.toUpperCase()], worker_blacklist: true });
    expect((await pop()).body).toMatchObject({ id: null, skipped: { worker_id: 1 } });
    await client.cancel(excluding.body.id);
    const asked = await client.askText(rich.key, { workers: [scribe.toUpperCase()] });
    const job = await popText([rich.alias]);
    expect(job.body.id).not.toBeNull();
    await client.submitText(owner.key, job.body.id);
    expect(asked.status).toBe(202);
  });

  it('pays the full price where it only excludes workers', async () => {
    const excluding = await client.askImage(rich.key, { workers: [scribe], worker_blacklist: true });
    expect(excluding.body.kudos_quote).toBeGreaterThan(5);
    const job = await pop();
    expect(job.body.id).not.toBeNull();
    await client.submitImage(owner.key, job.body.id);
  });
});
