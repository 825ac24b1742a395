import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { IsString, validateSync } from 'class-validator';
import fc from 'fast-check';
import { Arr, Bool, Int, Num, Obj, Optional, Str } from '../../src/platform/http/body/body-decorators.js';
import { compileBody } from '../../src/platform/http/body/compile-body.js';
import { JSON_DEPTH_MAX, JSON_VALUES_MAX, parseJson } from '../../src/platform/http/body/json-body.js';
import { jsonSchemaOf } from '../../src/platform/http/body/json-schema.js';
import { str } from '../../src/platform/http/body/rules.js';
import { ImageBody, imageRequest } from './bodies.fixture.js';

class Mixed {
  @Str({ min: 1, max: 5 }) word!: string;
  @Optional() @Int({ min: -2, max: 9 }) count?: number;
  @Optional() @Num({ max: 1 }) share?: number;
  @Bool({ default: false }) open!: boolean;
  @Optional() @Arr(str({ enum: ['a', 'b'] }), { unique: true, max: 2 }) tags?: string[];
}
const check = compileBody(Mixed, 'strict');
const anything = fc.oneof(fc.jsonValue(), fc.integer({ min: -5, max: 12 }), fc.constantFrom('', 'a', 'b', 'abcdef', true, null, -0, 1e309));
const bodies = fc.record({ word: anything, count: anything, share: anything, open: anything, tags: fc.oneof(anything, fc.array(anything)) }, { requiredKeys: [] });

describe('a compiled body', () => {
  it('finds the same members at fault, in the same words, as class-validator itself', () => {
    fc.assert(fc.property(bodies, (body) => {
      const errors = check(body, false).errors ?? {};
      const theirs = validateSync(Object.assign(new Mixed(), body), { forbidUnknownValues: false });
      expect(new Set(theirs.map(({ property }) => property))).toEqual(new Set(Object.keys(errors).map((path) => path.split('.')[0])));
      for (const { property, constraints } of theirs) {
        const ours = Object.entries(errors).filter(([path]) => path.split('.')[0] === property).map(([, text]) => text);
        if (property in body && body[property as keyof typeof body] !== undefined) expect(Object.values(constraints ?? {})).toEqual([ours.join('; ')]);
      }
    }));
  });

  it('turns minus zero into zero', () => {
    const { value } = check({ word: 'x', count: -0, share: -0 }, false);
    expect([Object.is((value as Mixed).count, 0), Object.is((value as Mixed).share, 0)]).toEqual([true, true]);
  });

  it('takes a real image request whole', () => {
    const { value, errors } = compileBody(ImageBody, 'strict')(imageRequest, false);
    expect(errors).toBeUndefined();
    expect(value).toBeInstanceOf(ImageBody);
    expect(value).toMatchObject({ ...imageRequest, dry_run: false, source_processing: 'img2img' });
  });

  it('may inherit, and prefers its own word over its parent’s', () => {
    class Narrow extends Mixed {
      @Str({ max: 2 }) override word!: string;
    }
    const narrow = compileBody(Narrow, 'strict');
    expect(narrow({ word: 'abc' }, false).errors).toEqual({ word: "'abc' is too long" });
    expect(narrow({ word: 'ab', count: 10 }, false).errors).toEqual({ count: '10 is greater than the maximum of 9' });
  });

  it('refuses at start what it could not check', () => {
    class Foreign {
      @IsString() name!: string;
    }
    class Empty {
      name!: string;
    }
    expect(() => compileBody(Foreign, 'strict')).toThrow(/Foreign.name uses isString/);
    expect(() => compileBody(Empty, 'strict')).toThrow(/declares no members/);
    expect(() => { Str()({}, 'constructor'); }).toThrow(/cannot declare constructor/);
  });

  it('describes itself as JSON Schema', () => {
    expect(jsonSchemaOf(Mixed)).toEqual({
      type: 'object', required: ['word'],
      properties: {
        word: { type: 'string', minLength: 1, maxLength: 5 },
        count: { type: 'integer', minimum: -2, maximum: 9 },
        share: { type: 'number', maximum: 1 },
        open: { type: 'boolean', default: false },
        tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, uniqueItems: true, maxItems: 2 },
      },
    });
    class Knot {
      @Optional() @Obj(() => Knot) inner?: Knot;
    }
    expect(() => jsonSchemaOf(Knot)).toThrow(/contains itself/);
    expect(compileBody(Knot, 'strict')({ inner: { inner: { inner: 1 } } }, false).errors).toEqual({ 'inner.inner.inner': "1 is not of type 'object'" });
  });
});

describe('bytes to JSON', () => {
  it('come to what JSON.parse makes of them, within the bounds', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(parseJson(Buffer.from(text))).toMatchObject({ value: JSON.parse(text) as unknown });
    }));
  });

  it('never throw, whatever they are', () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.string().map((text) => Buffer.from(text)), fc.stringMatching(/^["\\{}[\],:u0d89a-f]{0,60}$/).map((text) => Buffer.from(text))), (bytes) => {
      const { fault } = parseJson(bytes);
      let valid = true;
      try {
        JSON.parse(Buffer.from(bytes).toString());
      } catch {
        valid = false;
      }
      if (fault === undefined) expect(valid).toBe(true);
      if (fault === 'syntax' || fault === 'empty') expect(valid).toBe(false);
    }), { numRuns: 2_000 });
  });

  it.each([60, 61, 62, 63, 64, 65, 66, 127, 128, 129])('find the end of a string with an escape around character %d', (at) => {
    for (const escape of ['\\"', '\\\\', '\\\\\\"', '\\u0041']) {
      const text = `{"${'k'.repeat(at)}${escape}":["${'v'.repeat(at)}${escape}"]}`;
      expect(parseJson(Buffer.from(text))).toMatchObject({ value: JSON.parse(text) as unknown });
    }
  });

  it('are counted exactly', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    expect([parseJson(nested(JSON_DEPTH_MAX)).fault, parseJson(nested(JSON_DEPTH_MAX + 1)).fault]).toEqual([undefined, 'depth']);
    const wide = (values: number) => Buffer.from(`[${'1,'.repeat(values)}1]`);
    expect([parseJson(wide(JSON_VALUES_MAX - 2)).fault, parseJson(wide(JSON_VALUES_MAX)).fault]).toEqual([undefined, 'values']);
    expect(parseJson(Buffer.from(`["${'[{,'.repeat(JSON_VALUES_MAX)}"]`)).fault).toBeUndefined();
  });
});
