import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, post } from './raw-http.fixture.js';
import { toyApp, type Toy } from './toy-app.fixture.js';

let toy: Toy;
beforeAll(async () => { toy = await toyApp({ rateLimits: { enabled: false } }); });
afterAll(() => toy.close());
const tree = (mask: string) => call(toy.port, { path: '/api/v2/toys/tree', headers: { 'x-fields': mask } });

describe('X-Fields', () => {
  it.each([
    ['id', [{ id: 1 }, { id: 2 }]],
    ['{id}', [{ id: 1 }, { id: 2 }]],
    ['id, details{gifted}', [{ id: 1, details: { gifted: 2 } }, { id: 2, details: { gifted: 5 } }]],
    ['{id,details{gained}}', [{ id: 1, details: { gained: null } }, { id: 2, details: { gained: 1 } }]],
    ['details{gained,nothing}', [{ details: { gained: null } }, { details: { gained: 1 } }]],
    ['nothing', [{}, {}]],
    ['*', [{ id: 1, details: { gifted: 2, gained: null }, tags: ['a'] }, { id: 2, details: { gifted: 5, gained: 1 }, tags: [] }]],
    ['*,details{gifted}', [{ id: 1, details: { gifted: 2 }, tags: ['a'] }, { id: 2, details: { gifted: 5 }, tags: [] }]],
    ['details{*}', [{ details: { gifted: 2, gained: null } }, { details: { gifted: 5, gained: 1 } }]],
    ['__proto__,constructor', [{}, {}]],
    ['  ', [{ id: 1, details: { gifted: 2, gained: null }, tags: ['a'] }, { id: 2, details: { gifted: 5, gained: 1 }, tags: [] }]],
  ])('%j shows what it names, element by element', async (mask, expected) => {
    const answer = await tree(mask);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual(expected);
  });

  it.each(['{', '}', '{}', 'id,', ',id', 'id{', 'id}', 'id{}', '{id}}', '{id},x', 'a b', 'a;b', `${'a{'.repeat(40)}b${'}'.repeat(40)}`])(
    '%j is no mask', async (mask) => {
      const answer = await tree(mask);
      expect(answer.status).toBe(400);
      expect(answer.json).toEqual({ message: expect.stringMatching(/^Mask parse error: /) });
    });

  it('cannot look inside a plain value', async () => {
    expect(await tree('id{x}')).toMatchObject({ status: 400, json: { message: expect.stringMatching(/^Mask error: /) } });
    expect(await tree('tags{x}')).toMatchObject({ status: 400, json: { message: expect.stringMatching(/^Mask error: /) } });
  });

  it('is applied to answers of writes, and never to errors or where a route opts out', async () => {
    expect((await post(toy.port, '/api/v2/toys/strict', { prompt: 'x' }, { 'x-fields': 'apikey' })).json).toEqual({ apikey: '0000000000' });
    expect((await call(toy.port, { path: '/api/v2/toys/fail/refused', headers: { 'x-fields': 'rc' } })).json).toEqual({ message: expect.any(String), rc: 'NotEnough' });
    expect((await call(toy.port, { path: '/api/v2/toys/whole', headers: { 'x-fields': '{' } })).json).toEqual({ id: 1, name: 'whole' });
  });
});
