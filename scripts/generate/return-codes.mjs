import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { root } from '../lib/build.mjs';
import { parse, pathsUnder, table, walk } from '../lib/sources.mjs';

/** @typedef {{ rc: string, status: number, message: string, path: string }} ReturnCode */

/** docs/generated/return-codes.md: what clients branch on. */
export const returnCodes = async () => {
  const codes = [...(await fromTables()), ...thrownByName()].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const rows = unique(codes).map(({ rc, status, message, path }) => [`\`${rc}\``, String(status), message, `\`${path}\``]);
  return [{ path: 'docs/generated/return-codes.md', text: `${HEAD}\n\n${table(['rc', 'Status', 'Message', 'Source'], rows)}\n` }];
};

/** @param {readonly ReturnCode[]} codes sorted */
const unique = (codes) => codes.filter((code, i) => i === 0 || JSON.stringify(code) !== JSON.stringify(codes[i - 1]));

const HEAD = `# Return codes

<!-- Written by \`npm run generate\` from src/**/*.refusals.ts and the refusals of the platform. -->

A refusal answers \`{"message", "rc"}\`. Clients branch on \`rc\`, which is contract; the words may get better. \`{name}\` stands for a
figure of the case at hand.`;

/** The tables of the features, from the built modules: what is exported there is what is answered. */
const fromTables = async () => {
  /** @type {ReturnCode[]} */
  const codes = [];
  for (const path of pathsUnder('src', '.refusals.ts')) {
    /** @type {Record<string, unknown>} */
    const module = await import(pathToFileURL(join(root, 'dist', path.replace(/\.ts$/, '.js'))).href);
    for (const exported of Object.values(module)) {
      if (typeof exported !== 'object' || exported === null) continue;
      for (const [rc, row] of Object.entries(exported)) {
        if (isRow(row)) codes.push({ rc, status: row[0], message: wordsOf(row[1]), path });
      }
    }
  }
  return codes;
};

/** @param {unknown} row @returns {row is [number, string | ((detail: object) => string)]} */
const isRow = (row) => Array.isArray(row) && typeof row[0] === 'number' && ['string', 'function'].includes(typeof row[1]);

/**
 * Words with figures in them are functions; their text is read rather than called, since no made-up figure is right for all.
 * @param {string | ((detail: object) => string)} message
 */
const wordsOf = (message) => {
  if (typeof message === 'string') return message;
  const source = ts.createSourceFile('message.js', `(${message.toString()})`, ts.ScriptTarget.ES2022, true);
  return textsIn(source).join('').trim() || '…';
};

/**
 * Every text of a function in the order of its source; texts inside the holes of a text are not words of their own.
 * @param {ts.Node} node @returns {string[]}
 */
const textsIn = (node) => {
  if (ts.isTemplateExpression(node) || ts.isStringLiteralLike(node)) return [literal(node)];
  /** @type {string[]} */
  const texts = [];
  node.forEachChild((child) => {
    texts.push(...textsIn(child));
  });
  return texts;
};

/** Refusals that no decider decides: `new Refused('Rc', 400, 'Words.')` in the platform and at the edges. */
const thrownByName = () => {
  /** @type {ReturnCode[]} */
  const codes = [];
  for (const path of pathsUnder('src', '.ts')) {
    walk(parse(path), (node) => {
      if (!ts.isNewExpression(node) || node.expression.getText() !== 'Refused') return;
      const [rc, status, message] = node.arguments ?? [];
      if (!rc || !status || !ts.isStringLiteral(rc) || !ts.isNumericLiteral(status)) return;
      codes.push({ rc: rc.text, status: Number(status.text), message: message ? literal(message) : '', path });
    });
  }
  return codes;
};

/** @param {ts.Expression} node */
const literal = (node) => {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return `{${figureOf(node)}}`;
  return node.head.text + node.templateSpans.map(({ expression, literal: { text } }) => `{${figureOf(expression)}}${text}`).join('');
};

/** The name of what is shown, without the functions that make it showable. @param {ts.Expression} shown */
const figureOf = (shown) => {
  let name = '…';
  walk(shown, (node) => {
    const isCalled = ts.isCallExpression(node.parent) && node.parent.expression === node;
    if (ts.isIdentifier(node) && !isCalled) name = node.text;
  });
  return name;
};
