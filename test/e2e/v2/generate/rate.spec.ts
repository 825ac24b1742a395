import { describe, expect, it } from '@jest/globals';
import { startHorde } from '../../../support/app.js';
import { ANONYMOUS, since, V2, type Fields } from '../../../support/client.js';

const horde = await startHorde('rate');
const { client } = horde;
const payer = await client.person('payer', 10_000);
const owner = await client.person('owner', 25, { trusted: true });
const rate = (id: string, body: Fields) => client.post(`${V2}/generate/rate/${id}`, undefined, body);

/** A request of so many images, as many of them delivered as are asked for. */
const images = async (n: number, { key = payer.key, shared = true, delivered = n }: { key?: string; shared?: boolean; delivered?: number } = {}) => {
  const { body: { id } } = await client.askImage(key, { shared, params: { n }, models: ['stable_diffusion'] });
  const jobs: string[] = [];
  while (jobs.length < delivered) {
    const popped = await client.popImage(owner.key, { name: 'painter', amount: n });
    for (const job of popped.body.ids) {
      if (jobs.length < delivered) expect((await client.submitImage(owner.key, job)).status).toBe(200);
      jobs.push(job);
    }
  }
  return { id, jobs };
};

describe('POST /generate/rate/{id}', () => {
  it('pays the requester 5 for each rating and 5 for each note of artifacts', async () => {
    const { id, jobs: [one, two] } = await images(2);
    const before = await horde.kudosOf(payer);
    const { answer, events } = await horde.appendedBy(() => rate(id, { ratings: [{ id: one, rating: 7, artifacts: 2 }, { id: two, rating: 3 }] }));
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { reward: 15 } });
    expect(events.map(({ type, stream }) => [type, stream])).toEqual([['KudosGranted.v1', `grant-rating-${id}`]]);
    const { body } = await client.get(`${V2}/users/${payer.id}`, undefined, since(answer));
    expect(body).toMatchObject({ kudos: before + 15, kudos_details: { awarded: 15 } });
  });

  it('pays once for a request, whoever asks again and however many at once', async () => {
    const { id, jobs: [one] } = await images(1);
    const { answer, events } = await horde.appendedBy(() => Promise.all(Array.from({ length: 10 }, (_, rating) => rate(id, { ratings: [{ id: one, rating: rating + 1 }] }))));
    expect(answer.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answer.filter(({ body }) => body['rc'] === 'AestheticsAlreadyExist')).toHaveLength(9);
    expect(events).toHaveLength(1);
  });

  it('pays for comparing, and always less than the request has consumed', async () => {
    const { id, jobs: [, two] } = await images(2);
    expect((await rate(id, { best: two })).body).toEqual({ reward: 15 });
    const other = await images(2);
    expect((await rate(other.id, { best: other.jobs[1], ratings: [{ id: other.jobs[0], rating: 2 }] })).body).toEqual({ reward: 20 });
    const cheap = await client.askImage(payer.key, { shared: true, params: { n: 1, steps: 1, width: 64, height: 64 } });
    const { body: { id: job } } = await client.popImage(owner.key, { name: 'painter' });
    await client.submitImage(owner.key, job);
    const consumed = 3 + (await horde.events()).filter(({ type, data }) => type === 'JobSettled.v1' && (data as { job: string }).job === job).reduce((sum, { data }) => sum + (data as { debit: number }).debit / 100, 0);
    const { body: { reward } } = await rate(cheap.body.id, { ratings: [{ id: job, rating: 2, artifacts: 5 }], best: job! });
    expect(reward).toBeCloseTo(Math.min(25, consumed - 1), 5);
  });

  it('thanks the anonymous, whose images are shared anyway, without kudos', async () => {
    const { id, jobs: [one] } = await images(1, { key: ANONYMOUS, shared: false });
    expect(await rate(id, { ratings: [{ id: one, rating: 9 }] })).toMatchObject({ status: 200, body: { reward: 0 } });
    expect((await rate(id, { ratings: [{ id: one, rating: 9 }] })).body).toMatchObject({ rc: 'AestheticsAlreadyExist' });
  });

  it('is refused by the first reason in the order of the contract, and leaves nothing behind', async () => {
    const running = await images(2, { delivered: 1 });
    const secret = await images(1, { shared: false });
    const single = await images(1);
    const pair = await images(2);
    const other = single.jobs[0]!;
    const { body: { id: text } } = await client.askText(payer.key);
    const { answer, events } = await horde.appendedBy(async () => {
      const tried: unknown[] = [];
      for (const [id, body] of [
        ['00000000-0000-4000-8000-000000000000', {}], ['no uuid', {}], [text, {}], [running.id, {}], [secret.id, {}],
        [pair.id, { ratings: [{ id: other, rating: 1 }, { id: other, rating: 1 }] }], [pair.id, { best: other }],
        [pair.id, { ratings: [{ id: pair.jobs[0], rating: 1 }, { id: pair.jobs[0], rating: 2 }] }], [pair.id, {}], [pair.id, { ratings: [] }], [single.id, { best: other }],
        [pair.id, { best: pair.jobs[0], ratings: [{ id: pair.jobs[0], rating: 1 }, { id: pair.jobs[1], rating: 2 }] }],
      ] as const) {
        const { status, body: { rc } } = await rate(id, body);
        tried.push([status, rc]);
      }
      return tried;
    });
    expect(answer).toEqual([
      [404, 'RequestNotFound'], [404, 'RequestNotFound'], [404, 'RequestNotFound'], [400, 'AestheticsNotCompleted'], [400, 'AestheticsNotPublic'], [400, 'ProcGenNotFound'],
      [400, 'ProcGenNotFound'], [400, 'AestheticsDuplicate'], [400, 'AestheticsMissing'], [400, 'AestheticsMissing'], [400, 'AestheticsSolo'], [400, 'AestheticsConfused'],
    ]);
    expect(events).toEqual([]);
  });

  it.each<readonly [Fields, string]>([
    [{ best: 'short' }, 'best'], [{ ratings: [{ id: 'short', rating: 5 }] }, 'ratings.0.id'], [{ ratings: [{ id: 'x'.repeat(36) }] }, 'ratings.0.rating'],
    [{ ratings: [{ id: 'x'.repeat(36), rating: 11 }] }, 'ratings.0.rating'], [{ ratings: [{ id: 'x'.repeat(36), rating: 0 }] }, 'ratings.0.rating'],
    [{ ratings: [{ id: 'x'.repeat(36), rating: 5, artifacts: 6 }] }, 'ratings.0.artifacts'], [{ ratings: 'all good' }, 'ratings'],
  ])('%j is no rating: %s', async (body, place) => {
    const { status, body: { errors } } = await rate('00000000-0000-4000-8000-000000000000', body);
    expect([status, Object.keys(errors as object)]).toEqual([400, [place]]);
  });
});
