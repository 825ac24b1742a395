import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformFileSync } from '@swc/core';
import { root } from '../lib/build.mjs';

const SAMPLES = 'test/support/event-samples.ts';

/**
 * test/fixtures/events/<Type>.json for every sample that has none yet. A fixture is what was stored once: it is never
 * written again, so code that can no longer read it has broken somebody's ledger.
 */
export const eventFixtures = async () => {
  if (!existsSync(join(root, SAMPLES))) return [];
  /** @type {{ eventSamples: Record<string, { type: string, data: object }> }} */
  const { eventSamples } = await importTest(SAMPLES);
  return Object.entries(eventSamples).map(([type, sample]) => {
    if (sample.type !== type) throw new Error(`${SAMPLES}: the sample of ${type} is a ${sample.type}`);
    return { path: `test/fixtures/events/${type}.json`, text: `${JSON.stringify(sample, null, 2)}\n`, once: true };
  });
};

/** Tests are not built; this one is, beside the built sources that it imports. @param {string} path */
const importTest = async (path) => {
  const output = join(root, 'dist', path.replace(/\.ts$/, '.js'));
  const { code } = transformFileSync(join(root, path), { configFile: false, swcrc: false, module: { type: 'es6' }, jsc: { target: 'es2022', parser: { syntax: 'typescript' } } });
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, code);
  return import(`${pathToFileURL(output).href}`);
};
