import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildIfStale, root } from './build.mjs';

/**
 * Runs a built entry point inside this very process: signals reach it, its exit code is ours, and there is no child that
 * could outlive a killed parent.
 * @param {string} entry path below dist
 * @param {readonly string[]} args
 */
export const runBuilt = async (entry, args) => {
  buildIfStale();
  const path = join(root, 'dist', entry);
  process.argv = [process.execPath, path, ...args];
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(path).href);
};
