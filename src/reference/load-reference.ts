import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReference } from './parse-reference.js';
import type { ReferenceSnapshot } from './reference.js';

const IMAGE_FILE = 'image-models.json';
const TEXT_FILE = 'text-models.json';

/** Reads both files of a folder, the bundled one by default. Throws when a file is missing or malformed. */
export const loadReference = (folder: string = bundledFolder()): ReferenceSnapshot =>
  parseReference(readJson(join(folder, IMAGE_FILE)), readJson(join(folder, TEXT_FILE)));

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** `reference/` lies at the project's root: two folders up from the sources, three from the build. */
const bundledFolder = (): string => {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const folder = join(at, 'reference');
    if (existsSync(join(folder, IMAGE_FILE))) return folder;
    if (at === dirname(at)) throw new Error(`no reference/${IMAGE_FILE} in any folder above the program`);
  }
};
