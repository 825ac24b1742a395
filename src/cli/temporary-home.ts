import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tools } from './tools.js';

/** A data directory of its own, gone when the command ends. */
export const temporaryHome = (name: string, { undoing }: Tools, parent = tmpdir()): string => {
  const directory = mkdtempSync(join(parent, `horde-${name}-`));
  undoing(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};
