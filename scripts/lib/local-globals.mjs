import { createHash } from 'node:crypto';
import swcJest from '@swc/jest';

// Jest's transformer of our TypeScript: swc's, and then every module takes the globals that it uses into constants of its own.
// A module of a test lives in a context of its own, where each look at a global is a call into Jest's environment: `Math.imul`
// takes fifty times as long as outside, and a fold of a million events does little else. No test puts another `Map` in its place.

const VERSION = '1';
const NAMES = [
  'Array', 'ArrayBuffer', 'BigInt', 'Boolean', 'Buffer', 'Date', 'Error', 'Float64Array', 'Int32Array', 'JSON', 'Map', 'Math', 'Number', 'Object', 'Promise', 'Reflect',
  'RegExp', 'Set', 'String', 'Symbol', 'Uint32Array', 'Uint8Array', 'WeakMap', 'WeakSet',
];

/** @param {string} code @param {string} name */
const isUsed = (code, name) => new RegExp(`(?<![.\\w$#])${name}\\b`).test(code);
/** A module may have a thing of its own by that name. @param {string} code @param {string} name */
const isDeclared = (code, name) => new RegExp(`\\b(?:class|const|let|var|function)\\s+${name}\\b|\\bimport\\b[^;]*[{,\\s]${name}\\b[^;]*\\bfrom\\b`).test(code);

/** In its first line, so that all lines keep their numbers. @param {string} code */
export const withLocalGlobals = (code) => {
  const names = NAMES.filter((name) => isUsed(code, name) && !isDeclared(code, name));
  return names.length === 0 || code.startsWith('#!') ? code : `const { ${names.join(', ')} } = globalThis; ${code}`;
};

/** @typedef {{ code: string }} Compiled */
/** @typedef {[source: string, file: string, options: object]} Asked */
/** @typedef {{ process(...asked: Asked): Compiled, processAsync(...asked: Asked): Promise<Compiled>, getCacheKey(...asked: Asked): string }} Transformer */

/** @param {Compiled} compiled @returns {Compiled} */
const changed = (compiled) => ({ ...compiled, code: withLocalGlobals(compiled.code) });

export default {
  /** @param {object} options of swc @returns {Transformer} */
  createTransformer(options) {
    const swc = /** @type {Transformer} */ (/** @type {unknown} */ (swcJest.createTransformer(options)));
    return {
      ...swc,
      process: (...asked) => changed(swc.process(...asked)),
      processAsync: async (...asked) => changed(await swc.processAsync(...asked)),
      getCacheKey: (...asked) => createHash('sha1').update(swc.getCacheKey(...asked)).update(VERSION).update(NAMES.join()).digest('hex'),
    };
  },
};
