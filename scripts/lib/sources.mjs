import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './build.mjs';

/**
 * Paths below `folder`, relative to the root, that end in `suffix`; sorted, so that what is generated from them is stable.
 * @param {string} folder
 * @param {string} suffix
 */
export const pathsUnder = (folder, suffix) => {
  const top = join(root, folder);
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix) && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(folder, entry.parentPath.slice(top.length), entry.name).replaceAll('\\', '/'))
    .sort();
};

/** @param {string} path relative to the root */
export const parse = (path) => ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.ES2022, true);

/**
 * @param {ts.Node} node
 * @param {(node: ts.Node) => void} visit
 */
export const walk = (node, visit) => {
  visit(node);
  node.forEachChild((child) => {
    walk(child, visit);
  });
};

/**
 * The doc comment of a declaration, as one line.
 * @param {ts.Node} node
 */
export const docOf = (node) => {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return oneLine(comments.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '').join(' '));
};

/** @param {string} text */
export const oneLine = (text) => text.replace(/\s+/g, ' ').trim();

/**
 * A Markdown table; pipes in cells are escaped.
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
