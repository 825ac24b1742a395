// What tests import instead of `@jest/globals` while code is changed under them: they are loaded once, and run as often as there are
// changes. Jest would load every module anew for each, which takes a hundred times as long. What is expected is Jest's own `expect`.
export { expect } from 'expect';

/** @typedef {() => unknown} Hook */
/** @typedef {{ before: Hook[], after: Hook[], once: Hook[] }} Scope */
/** @typedef {{ id: string, scopes: readonly Scope[], body: Hook, ms: number }} Test */

/** @type {Test[]} */
export const tests = [];
/** @type {Scope[]} */
let scopes = [];
const newScope = () => ({ before: [], after: [], once: [] });

/** Loads one spec file: what it declares is its own. @param {string} url */
export const load = async (url) => {
  scopes = [newScope()];
  await import(url);
};

/** @param {Test} test */
export const run = async ({ scopes: around, body }) => {
  for (const { once } of around) for (const hook of once.splice(0)) await hook();
  for (const { before } of around) for (const hook of before) await hook();
  try {
    await body();
  } finally {
    for (const { after } of [...around].reverse()) for (const hook of after) await hook();
  }
};

/** @param {(name: string, body: (...row: unknown[]) => unknown) => void} declare */
const forEachRow = (declare) => (/** @type {readonly unknown[]} */ table) => (/** @type {string} */ name, /** @type {(...row: unknown[]) => unknown} */ body) => {
  for (const row of table) declare(name, () => body(...(Array.isArray(row) ? row : [row])));
};

const declareTest = (/** @type {string} */ name, /** @type {Hook} */ body) => { tests.push({ id: `${tests.length} ${name}`, scopes: [...scopes], body, ms: 0 }); };
const declareScope = (/** @type {string} */ _name, /** @type {Hook} */ body) => {
  scopes.push(newScope());
  body();
  scopes.pop();
};

export const it = Object.assign(declareTest, { each: forEachRow(declareTest) });
export const describe = Object.assign(declareScope, { each: forEachRow(declareScope) });
export const beforeEach = (/** @type {Hook} */ hook) => { scopes.at(-1)?.before.push(hook); };
export const afterEach = (/** @type {Hook} */ hook) => { scopes.at(-1)?.after.unshift(hook); };
export const beforeAll = (/** @type {Hook} */ hook) => { scopes.at(-1)?.once.push(hook); };
/** The process ends with the last test. */
export const afterAll = () => {};
