import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from '../platform/postgres/process-identity.js';
import type { Tools } from './tools.js';

/** A data directory of its own, gone when the command ends; one that was killed leaves it to the next. */
export const temporaryHome = (name: string, { undoing }: Tools, parent = tmpdir()): string => {
  sweep(`horde-${name}-`, parent);
  const directory = mkdtempSync(join(parent, `horde-${name}-${process.pid}-`));
  undoing(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

const sweep = (prefix: string, parent: string): void => {
  for (const name of readdirSync(parent).filter((each) => each.startsWith(prefix))) {
    const [pid, ...rest] = name.slice(prefix.length).split('-');
    const isAbandoned = rest.length === 1 && /^\d+$/.test(pid!) && processIdentity(Number(pid)) === undefined;
    if (isAbandoned && isOurs(join(parent, name))) rmSync(join(parent, name), { recursive: true, force: true });
  }
};

/** What another user has left in the shared folder is not ours to remove. */
const isOurs = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
