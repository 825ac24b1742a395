import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Ids } from '../../kernel/ids.js';

const KEY_BYTES = 32;

export interface KeyPlace {
  readonly file: string;
  /** Instead of the file: 64 hex digits from a setting. */
  readonly given?: string | undefined;
  /** The setting's name, and the key's, for whoever has to put it right. */
  readonly setting: string;
  readonly what: string;
  readonly ids: Ids;
}

/** 32 secret bytes: the given ones, or those in `file`, which is made at the first start and readable by its owner only. */
export const loadKey = ({ file, given, setting, what, ids }: KeyPlace): Buffer => {
  const parsed = (text: string, source: string): Buffer => {
    if (!/^[0-9a-f]{64}$/i.test(text.trim())) throw new Error(`${source} does not hold a ${what}: it has to be ${2 * KEY_BYTES} hexadecimal digits`);
    return Buffer.from(text.trim(), 'hex');
  };
  if (given !== undefined) return parsed(given, setting);
  try {
    return parsed(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
  create(file, ids);
  return parsed(readFileSync(file, 'utf8'), file); // ours, or that of a process that was faster
};

/** Whole and on the disk before anybody uses it; never over an existing one. */
const create = (file: string, ids: Ids): void => {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${ids.uuid()}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  writeSync(descriptor, `${ids.bytes(KEY_BYTES).toString('hex')}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  try {
    linkSync(draft, file); // unlike a rename it replaces nothing
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
  rmSync(draft);
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
};
