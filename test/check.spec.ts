import { describe, expect, it } from '@jest/globals';
import { read, runNode, TOOL_TIMEOUT_MS } from './tidy/repository.js';

// Jest's transformer strips types without looking at them, and whoever runs only the tests should still hear of what
// `npm run check` would say. The tidy tests run by themselves.
const PARTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  types: [['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'], ['node_modules/typescript/bin/tsc', '-p', 'scripts/tsconfig.json']],
  lint: [['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']],
  architecture: [['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', 'src', 'projections', 'test', '--config', '.dependency-cruiser.cjs']],
  generate: [['scripts/generate.mjs', '--check']],
};

describe('npm run check', () => {
  it('has no part that is not run here', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { check: string } };
    const parts = [...scripts.check.matchAll(/npm run (\w+)/g)].map(([, part]) => part);
    expect(parts.filter((part) => part !== 'tidy').sort()).toEqual(Object.keys(PARTS).sort());
  });

  it.each(Object.entries(PARTS))('is content with %s', (_part, commands) => {
    for (const command of commands) {
      const { code, stdout, stderr } = runNode(command);
      expect(code === 0 ? '' : `${stdout}${stderr}`).toBe('');
    }
  }, TOOL_TIMEOUT_MS);
});
