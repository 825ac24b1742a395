import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/build.mjs';
import { table } from '../lib/sources.mjs';

const FOLDER = 'docs/decisions';
const INDEX = `${FOLDER}/README.md`;
const BEGIN = '<!-- index: written by `npm run generate` -->';
const END = '<!-- /index -->';

/** The table of docs/decisions/README.md, between its two marks. */
export const decisionsIndex = () => {
  if (!existsSync(join(root, INDEX))) return [];
  const text = readFileSync(join(root, INDEX), 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${INDEX} has lost the marks of its index: ${BEGIN} and ${END}`);
  const records = readdirSync(join(root, FOLDER)).filter((name) => /^\d{4}-.+\.md$/.test(name)).sort();
  const rows = records.map((name) => [name.slice(0, 4), `[${titleOf(name)}](${name})`]);
  return [{ path: INDEX, text: `${text.slice(0, before)}${BEGIN}\n\n${table(['No.', 'Decision'], rows)}\n\n${text.slice(after)}` }];
};

/** @param {string} name */
const titleOf = (name) => {
  const title = /^# (?:\d{4}[:.]? )?(.+)$/m.exec(readFileSync(join(root, FOLDER, name), 'utf8'))?.[1];
  if (!title) throw new Error(`${FOLDER}/${name} has no title`);
  return title.trim();
};
