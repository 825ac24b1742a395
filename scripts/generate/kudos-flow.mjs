import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../lib/build.mjs';
import { table } from '../lib/sources.mjs';

const HEAD = `# How kudos flow

<!-- Written by \`npm run generate\` from src/kernel/flows.ts. -->

Every account of the ledger and every way a kudos moves between them. The audit holds each transaction of the log to this list: one
that takes from or gives to another account than its kind may is a violation (I3). A reversal runs a flow backwards.
Sources are round, sinks slanted, pools cylinders; what users have is square, kinds of transactions are hexagons.`;

/** docs/generated/kudos-flow.md: a diagram of every source, sink and pool, from the list that the audit enforces. */
export const kudosFlow = async () => {
  /** @type {{ ACCOUNTS: Record<string, string>, FLOWS: Record<string, { from: string[], to: string[], when: string }> }} */
  const { ACCOUNTS, FLOWS } = await import(pathToFileURL(join(root, 'dist/src/kernel/flows.js')).href);
  const accounts = Object.entries(ACCOUNTS).map(([name, meaning]) => [`\`${name}\``, meaning]);
  const flows = Object.entries(FLOWS).map(([kind, { from, to, when }]) => [`\`${kind}\``, when, names(from), names(to)]);
  const text = [
    HEAD, `\`\`\`mermaid\n${diagram(ACCOUNTS, FLOWS)}\n\`\`\``, '## Accounts', table(['Account', 'Its balance is'], accounts), '## Transactions',
    table(['Kind', 'When', 'From', 'To'], flows),
  ].join('\n\n');
  return [{ path: 'docs/generated/kudos-flow.md', text: `${text}\n` }];
};

/** @param {readonly string[]} pockets */
const names = (pockets) => pockets.map((pocket) => `\`${pocket}\``).join(', ');

/** @param {Record<string, string>} accounts @param {Record<string, { from: string[], to: string[] }>} flows */
const diagram = (accounts, flows) => {
  const used = new Set(Object.values(flows).flatMap(({ from, to }) => [...from, ...to]));
  const nodes = Object.keys(accounts).filter((name) => used.has(name)).map((name) => `  ${nodeOf(name)}`);
  const kinds = Object.entries(flows).flatMap(([kind, { from, to }]) => [
    `  ${kind}{{${kind}}}`, ...from.map((source) => `  ${idOf(source)} --> ${kind}`), ...to.map((sink) => `  ${kind} --> ${idOf(sink)}`),
  ]);
  return ['flowchart LR', ...nodes, ...kinds].join('\n');
};

/** @param {string} name */
const idOf = (name) => name.replace(':', '_');

/** @param {string} name */
const nodeOf = (name) => {
  const id = idOf(name);
  if (name.startsWith('issue:')) return `${id}(["${name}"])`;
  if (name.startsWith('burn:')) return `${id}[/"${name}"/]`;
  if (name === 'spendable' || name === 'escrow') return `${id}["user:{id}:${name}"]`;
  return `${id}[("${name}")]`;
};
