import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventMetadata } from '../../kernel/event.js';
import { leafHash } from '../../kernel/leaf-hash.js';
import { decode, encode, leafOf } from './codec.js';
import type { RecordedEvent } from './event-log.js';
import { registerTypes, registerUpcast, UnknownEventVersion, upcast } from './upcasts.js';

const metadata: EventMetadata = { $correlationId: 'a', $causationId: 'b', prevHash: null, actor: { kind: 'user', user: 7 }, schema: 1, node: 'n' };
const placement = { stream: 'toy-1', revision: 4, id: '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10', metadata };
const recorded = (parts: Partial<RecordedEvent> = {}): RecordedEvent => ({
  stream: 'toy-1', revision: 4, position: 99, id: placement.id, type: 'Untold.v1', data: Buffer.from('{"a":1}'), metadata: Buffer.from(JSON.stringify(metadata)), created: 0, ...parts,
});

describe('the codec', () => {
  it('gives back what was stored, with its place', () => {
    fc.assert(fc.property(fc.jsonValue().map((value) => ({ value })), (data) => {
      const { event, bytes, leaf } = encode({ type: 'Untold.v1', data }, placement);
      const stored = recorded({ data: Buffer.from(event.data), metadata: Buffer.from(event.metadata) });
      expect(decode(stored)).toEqual({ stream: 'toy-1', revision: 4, position: 99, id: placement.id, type: 'Untold.v1', data: JSON.parse(JSON.stringify(data)) as object, metadata });
      expect(bytes).toBe(event.data.length + event.metadata.length);
      expect(leaf).toBe(leafOf(stored));
      expect(leaf).toBe(leafHash({ stream: 'toy-1', revision: 4, id: placement.id, type: 'Untold.v1', data: event.data, metadata: event.metadata }));
    }));
  });
  it('parses an event once, however many look at it', () => {
    const event = recorded();
    expect(decode(event)).toBe(decode(event));
    expect(decode(recorded())).not.toBe(decode(event));
  });
  it.each([[{ data: Buffer.from('{"a":') }], [{ metadata: Buffer.from('no') }]])('%#: names the place of what is not JSON', (parts) => {
    const decoding = () => decode(recorded(parts));
    expect(decoding).toThrow('event 4 of toy-1 (position 99) is not JSON');
    expect(decoding).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }));
  });
});

describe('an older version', () => {
  // Once for this process, as features register theirs when they are loaded.
  registerTypes(['Renamed.v3']);
  registerUpcast('Renamed.v1', (data) => ({ type: 'Renamed.v2', data: { ...data, second: true } }));
  registerUpcast('Renamed.v2', (data) => ({ type: 'Renamed.v3', data: { ...data, third: true } }));

  it('is read in the newest shape, step by step, and the stored event stays as it is', () => {
    const event = recorded({ type: 'Renamed.v1' });
    const bytes = Buffer.from(event.data);
    expect(decode(event)).toMatchObject({ type: 'Renamed.v3', data: { a: 1, second: true, third: true } });
    expect(upcast({ type: 'Renamed.v3', data: { a: 1 } })).toEqual({ type: 'Renamed.v3', data: { a: 1 } });
    expect(event.data.equals(bytes)).toBe(true);
  });
  it('has one successor', () => {
    expect(() => registerUpcast('Renamed.v1', (data) => ({ type: 'Renamed.v2', data }))).toThrow('two upcasts for Renamed.v1');
  });
});

describe('a newer version than this release knows', () => {
  it('is refused, never guessed at', () => {
    registerTypes(['Known.v2', 'Known.v1']);
    expect(() => decode(recorded({ type: 'Known.v3' }))).toThrow(UnknownEventVersion);
    expect(() => decode(recorded({ type: 'Known.v3' }))).toThrow('Known.v3 was written by a newer release; this one knows version 2');
    expect(decode(recorded({ type: 'Known.v2' })).type).toBe('Known.v2');
    expect(decode(recorded({ type: 'Known.v1' })).type).toBe('Known.v1');
  });
  it('counts versions as numbers', () => {
    registerTypes(['Many.v9', 'Many.v10']);
    expect(() => upcast({ type: 'Many.v11', data: {} })).toThrow(UnknownEventVersion);
    expect(upcast({ type: 'Many.v10', data: {} }).type).toBe('Many.v10');
  });
  it('of a type that nobody here folds is let through', () => expect(upcast({ type: 'Foreign.v77', data: {} }).type).toBe('Foreign.v77'));
  it.each(['lower.v1', 'NoVersion', 'With-Dash.v1', 'Zero.v', 'Minus.v-1'])('%s is no event type', (type) =>
    expect(() => { registerTypes([type]); }).toThrow('is not a PascalCase.vN event type'));
});
