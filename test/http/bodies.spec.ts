import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { post, call } from './raw-http.fixture.js';
import { toyApp, type Toy } from './toy-app.fixture.js';

let toy: Toy;
beforeAll(async () => { toy = await toyApp({ rateLimits: { enabled: false } }); });
afterAll(() => toy.close());

const strict = (body: unknown, headers = {}) => post(toy.port, '/api/v2/toys/strict', body, headers);
const loose = (body: unknown, headers = {}) => post(toy.port, '/api/v2/toys/loose', body, headers);
const bodyOf = (answer: { readonly json: unknown }): unknown => (answer.json as { readonly body: unknown }).body;
const bracketed = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a strict body', () => {
  it('reaches the handler with its defaults filled in and unknown members gone', async () => {
    const answer = await strict({ prompt: 'a cat', params: { n: 2, what: 'else' }, who: 'knows' });
    expect(answer.status).toBe(202);
    expect(bodyOf(answer)).toEqual({ prompt: 'a cat', params: { width: 512, n: 2, karras: true }, models: ['stable_diffusion'] });
  });

  it.each([
    ['{"prompt":"x","params":{"width":512.0}}', 512],
    ['{"prompt":"x","params":{"width":5.12e2}}', 512],
    ['{"prompt":"x","params":{"width":64,"width":128}}', 128],
  ])('%s: takes integral floats, and the last of duplicate keys', async (body, width) => {
    expect(bodyOf(await strict(body))).toMatchObject({ params: { width } });
  });

  it.each([
    [{}, { prompt: "'prompt' is a required property" }],
    [{ prompt: null }, { prompt: "None is not of type 'string'" }],
    [{ prompt: '' }, { prompt: "'' is too short" }],
    [{ prompt: 5 }, { prompt: "5 is not of type 'string'" }],
    [{ prompt: 'x', params: null }, { params: "None is not of type 'object'" }],
    [{ prompt: 'x', params: [] }, { params: "[] is not of type 'object'" }],
    [{ prompt: 'x', params: { width: 'wide' } }, { 'params.width': "'wide' is not of type 'integer'" }],
    [{ prompt: 'x', params: { width: '512' } }, { 'params.width': "'512' is not of type 'integer'" }],
    [{ prompt: 'x', params: { width: 512.5 } }, { 'params.width': "512.5 is not of type 'integer'" }],
    [{ prompt: 'x', params: { width: true } }, { 'params.width': "True is not of type 'integer'" }],
    [{ prompt: 'x', params: { width: 65 } }, { 'params.width': '65 is not a multiple of 64' }],
    [{ prompt: 'x', params: { width: 0 } }, { 'params.width': '0 is less than the minimum of 64' }],
    [{ prompt: 'x', params: { n: 21 } }, { 'params.n': '21 is greater than the maximum of 20' }],
    [{ prompt: 'x', params: { seed: 5 } }, { 'params.seed': "5 is not of type 'string'" }],
    [{ prompt: 'x', params: { karras: 1 } }, { 'params.karras': "1 is not of type 'boolean'" }],
    [{ prompt: 'x', params: { cfg_scale: '7' } }, { 'params.cfg_scale': "'7' is not of type 'number'" }],
    [{ prompt: 'x', params: { loras: [{}] } }, { 'params.loras.0.name': "'name' is a required property" }],
    [{ prompt: 'x', params: { loras: [{ name: 'a' }, 'b'] } }, { 'params.loras.1': "'b' is not of type 'object'" }],
    [{ prompt: 'x', params: { loras: {} } }, { 'params.loras': "{} is not of type 'array'" }],
    [{ prompt: 'x', params: { loras: Array(6).fill({ name: 'a' }) } }, { 'params.loras': expect.stringMatching(/is too long$/) }],
    [{ prompt: 'x', params: { post_processing: ['GFPGAN', 'GFPGAN'] } }, { 'params.post_processing': "['GFPGAN', 'GFPGAN'] has non-unique elements" }],
    [{ prompt: 'x', params: { post_processing: ['Paint'] } }, { 'params.post_processing.0': "'Paint' is not one of ['GFPGAN', 'CodeFormers']" }],
    [{ prompt: 'x', models: ['ok', 'much too long a name'] }, { 'models.1': "'much too long a name' is too long" }],
    [[], { '': "[] is not of type 'object'" }],
    ['"text"', { '': "'text' is not of type 'object'" }],
    ['5', { '': "5 is not of type 'object'" }],
    ['null', { '': "None is not of type 'object'" }],
  ])('%j: is refused by path and text', async (body, errors) => {
    const answer = await strict(body);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ errors, message: 'Input payload validation failed' });
  });

  it('reports every fault at once', async () => {
    const answer = await strict({ params: { width: 1, n: 0, loras: [{ model: 9 }] }, models: 'all' });
    expect(Object.keys((answer.json as { errors: object }).errors).sort())
      .toEqual(['models', 'params.loras.0.model', 'params.loras.0.name', 'params.n', 'params.width', 'prompt']);
  });

  it.each([
    ['a million digits', `{"prompt":"x","params":{"width":${'9'.repeat(1_000_000)}}}`, 'params.width'],
    ['400 digits', `{"prompt":"x","max_pixels":${'9'.repeat(400)}}`, 'max_pixels'],
    ['−400 digits', `{"prompt":"x","max_pixels":-${'9'.repeat(400)}}`, 'max_pixels'],
    ['2^53 + 1', '{"prompt":"x","max_pixels":9007199254740993}', 'max_pixels'],
    ['1e309', '{"prompt":"x","params":{"cfg_scale":1e309}}', 'params.cfg_scale'],
  ])('%s: is a number beyond every maximum', async (_name, body, path) => {
    const answer = await strict(body);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ errors: { [path]: expect.stringMatching(/the (minimum|maximum) of/) } });
  });

  it('never shows minus zero', async () => {
    const answer = await strict('{"prompt":"x","max_pixels":-0}');
    expect(answer.text).toContain('"max_pixels":0');
  });

  it.each([
    ['no body', ''],
    ['bad syntax', '{"prompt":'],
    ['an unclosed string', '{"prompt":"x'],
    ['a trailing comma', '{"prompt":"x",}'],
    ['NaN', '{"prompt":"x","params":{"cfg_scale":NaN}}'],
    ['Infinity', '{"prompt":"x","params":{"cfg_scale":Infinity}}'],
    ['a raw control character', '{"prompt":"a\u0000b"}'],
    ['a byte order mark', '\ufeff{"prompt":"x"}'],
    ['invalid UTF-8', Buffer.from([...Buffer.from('{"prompt":"'), 0xff, 0xfe, ...Buffer.from('"}')])],
    ['a surrogate in UTF-8 bytes', Buffer.from([...Buffer.from('{"prompt":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')])],
    ['a lone surrogate', '{"prompt":"\\ud800"}'],
    ['a lone surrogate in an unknown member', '{"prompt":"x","who":{"\\udfff":1}}'],
    ['33 levels', `{"prompt":"x","deep":${bracketed(32)}}`],
    ['a depth bomb', '['.repeat(2_000_000)],
    ['a breadth bomb', `[${'{},'.repeat(2_000_000)}{}]`],
  ])('%s: is no JSON body', async (_name, body) => {
    const answer = await strict(body);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ message: expect.any(String) });
  });

  it.each([
    ['32 levels', `{"prompt":"x","deep":${bracketed(31)}}`],
    ['a pair of surrogates', '{"prompt":"\\ud83d\\ude00"}'],
    ['an escaped backslash before u0000', '{"prompt":"\\\\u0000"}'],
    ['escaped quotes in a long string', `{"prompt":"${'\\"\\\\'.repeat(500)}"}`],
    ['white space around', ' \r\n\t{"prompt":"x"} \n'],
  ])('%s: is a JSON body', async (_name, body) => {
    expect((await strict(body)).status).toBe(202);
  });

  it.each([
    ['text/plain', 400], ['application/x-www-form-urlencoded', 400], ['garbage', 400], ['application/jsonp', 400],
    ['application/json; charset=utf-8', 202], ['application/vnd.horde+json', 202], ['APPLICATION/JSON', 202],
  ])('sent as %s: %d', async (type, status) => {
    expect((await strict({ prompt: 'x' }, { 'content-type': type })).status).toBe(status);
  });

  it('is refused without a content type', async () => {
    const answer = await call(toy.port, { method: 'POST', path: '/api/v2/toys/strict', headers: { apikey: 'k' }, body: '{"prompt":"x"}' });
    expect(answer).toMatchObject({ status: 400, json: { message: expect.any(String) } });
  });

  it('is refused when it is compressed', async () => {
    const answer = await strict({ prompt: 'x' }, { 'content-encoding': 'gzip' });
    expect(answer).toMatchObject({ status: 400, json: { message: expect.stringContaining('Compressed') } });
  });

  it('takes names that would reach a prototype for unknown members', async () => {
    const answer = await strict('{"prompt":"x","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"params":{"__proto__":{"n":7},"special":{"__proto__":{"polluted":1},"kept":{"constructor":1,"b":2}}}}');
    expect(bodyOf(answer)).toEqual({ prompt: 'x', params: { width: 512, n: 1, karras: true, special: { kept: { b: 2 } } }, models: ['stable_diffusion'] });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('never shares a default between two requests', async () => {
    await strict({ prompt: 'x', models: [] });
    expect(bodyOf(await strict({ prompt: 'x' }))).toMatchObject({ models: ['stable_diffusion'] });
  });

  it('counts characters, not UTF-16 units', async () => {
    expect((await strict({ prompt: 'x', models: ['😀'.repeat(10)] })).status).toBe(202);
    expect((await strict({ prompt: 'x', models: ['😀'.repeat(11)] })).status).toBe(400);
  });

  it('shows no more of a long value than a person reads', async () => {
    const answer = await strict({ prompt: 'x', models: ['y'.repeat(1_000_000)] });
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(400);
  });

  it('is bounded in bytes, per route too', async () => {
    const answer = await call(toy.port, { method: 'PUT', path: '/api/v2/toys/small', headers: { 'content-type': 'application/json' }, body: `{"username":"${'x'.repeat(200)}"}` });
    expect(answer).toMatchObject({ status: 413, json: { message: expect.any(String) } });
  });
});

describe('a NUL in a string', () => {
  it('is refused with its rc where it would be stored', async () => {
    const answer = await strict('{"prompt":"a\\u0000b"}');
    expect(answer).toMatchObject({ status: 400, json: { rc: 'NulByteInPayload', message: expect.any(String) } });
    expect(answer.json).not.toHaveProperty('errors');
  });
  it('is refused deep inside free members and in paths', async () => {
    expect((await strict('{"prompt":"x","params":{"special":{"a":["\\u0000"]}}}')).json).toMatchObject({ rc: 'NulByteInPayload' });
    expect((await call(toy.port, { path: '/api/v2/toys/limited/a%00b' })).json).toMatchObject({ rc: 'NulByteInPayload' });
  });
  it('is lost, replaced or ignored where the contract says so', async () => {
    expect(bodyOf(await strict('{"prompt":"x","name":"a\\u0000b","generation":"c\\u0000d","who":"\\u0000"}')))
      .toMatchObject({ name: 'ab', generation: 'c\ufffdd' });
  });
});

describe('refusal precedence', () => {
  // By descending precedence: each row mends the fault of the row above and keeps the ones below.
  it.each([
    ['compressed', { 'content-encoding': 'gzip', 'content-type': 'text/plain' }, '{"params":{"n":0},"name":"\\u0000"}', { message: expect.stringContaining('Compressed') }],
    ['of another type', { 'content-type': 'text/plain' }, '{"params":{"n":0}', { message: expect.stringContaining('Content-Type') }],
    ['malformed', {}, '{"params":{"n":0}', { message: expect.stringContaining('not valid JSON') }],
    ['against the rules', {}, '{"params":{"n":0},"prompt":"\\u0000"}', { errors: { 'params.n': expect.any(String) } }],
    ['without a key', {}, '{"prompt":"\\u0000"}', { errors: { apikey: 'Missing required parameter in the HTTP headers' } }],
  ])('%s', async (_name, headers, body, json) => {
    const answer = await call(toy.port, { method: 'POST', path: '/api/v2/toys/strict', headers: { 'content-type': 'application/json', ...headers }, body });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject(json);
  });
});

describe('a loose body', () => {
  it.each([
    ['{"username":"a#1","amount":"12"}', { username: 'a#1', amount: 12 }],
    ['{"username":"a#1","amount":1.9}', { username: 'a#1', amount: 1 }],
    ['{"username":5}', { username: '5', amount: 100 }],
    ['{"username":"a","flag":null,"who":1}', { username: 'a', amount: 100 }],
    ['{"username":"a","flag":"true","utilisation":"0.5"}', { username: 'a', amount: 100, flag: true, utilisation: 0.5 }],
    ['{"username":"a","flag":0}', { username: 'a', amount: 100, flag: false }],
  ])('%s: is understood', async (body, expected) => {
    const answer = await loose(body);
    expect(answer.status).toBe(200);
    expect(bodyOf(answer)).toEqual(expected);
  });

  it.each([['', 'nothing'], ['{', 'bad syntax'], ['[1]', 'an array'], ['"x"', 'a string'], ['null', 'null'], ['{}', 'an empty object']])(
    '%j (%s): counts as an empty object', async (body) => {
      expect((await loose(body)).json).toEqual({ errors: { username: 'Missing required parameter in the JSON body' }, message: 'Input payload validation failed' });
    });

  it.each([
    ['5', ''], ['{"username":"a","amount":"lots"}', 'amount'], ['{"username":"a","amount":"1.5"}', 'amount'], ['{"username":"a","amount":"1e3"}', 'amount'],
    ['{"username":"a","amount":null}', 'amount'], ['{"username":"a","amount":[1]}', 'amount'], ['{"username":"a","amount":true}', 'amount'],
    ['{"username":"a","amount":1e309}', 'amount'], [`{"username":"a","amount":"${'9'.repeat(400)}"}`, 'amount'], ['{"username":"a","amount":9007199254740993}', 'amount'],
    ['{"username":{}}', 'username'], ['{"username":true}', 'username'], ['{"username":"a","flag":"perhaps"}', 'flag'], ['{"username":"a","utilisation":"nan"}', 'utilisation'],
  ])('%s: is refused at %j', async (body, path) => {
    const answer = await loose(body);
    expect(answer.status).toBe(400);
    expect(Object.keys((answer.json as { errors: object }).errors)).toEqual([path]);
  });

  it.each([['{"username":"\\ud800"}', 'surrogate'], [`{"a":${bracketed(40)}}`, 'deeper']])('%s: is hostile and refused', async (body, word) => {
    expect(await loose(body)).toMatchObject({ status: 400, json: { message: expect.stringContaining(word) } });
  });

  it('may come as a form where the route says so', async () => {
    const answer = await call(toy.port, { method: 'POST', path: '/api/v2/toys/form', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'username=a+b%23&amount=7&amount=8&__proto__=x' });
    expect(bodyOf(answer)).toEqual({ username: 'a b#', amount: 7 });
  });
});

describe('a body under /v1', () => {
  const exact = (body: unknown, headers = {}) => post(toy.port, '/v1/toys', body, headers);

  it('refuses unknown members and everything else with 422 and pointers', async () => {
    const answer = await exact({ amount: 0, lora: { name: '', 'wi/th': 1 }, more: 1 });
    expect(answer.status).toBe(422);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json).toMatchObject({ type: 'about:blank', title: 'Unprocessable Entity', status: 422, detail: 'Input payload validation failed' });
    expect((answer.json as { errors: unknown }).errors).toEqual([
      { pointer: '#/amount', detail: '0 is less than the minimum of 1' },
      { pointer: '#/lora/name', detail: "'' is too short" },
      { pointer: '#/lora/wi%2Fth', detail: "Additional properties are not allowed ('wi/th' was unexpected)" },
      { pointer: '#/more', detail: "Additional properties are not allowed ('more' was unexpected)" },
    ]);
  });

  it('refuses members named like a prototype', async () => {
    expect(await exact('{"amount":1,"__proto__":{}}')).toMatchObject({ status: 422, json: { errors: [{ pointer: '#/__proto__' }] } });
  });

  it('answers 400 to what is no JSON and 401 without a key', async () => {
    expect(await exact('{')).toMatchObject({ status: 400, json: { status: 400, title: 'Bad Request' } });
    const answer = await call(toy.port, { method: 'POST', path: '/v1/toys', headers: { 'content-type': 'application/json' }, body: '{"amount":1}' });
    expect(answer).toMatchObject({ status: 401, json: { rc: 'InvalidAPIKey' } });
  });
});
