import { table } from '../lib/sources.mjs';
import { eventsFiles } from './event-types.mjs';

/** docs/generated/events.md: every stored event, for auditors who read the log and reviewers who see a shape change. */
export const events = () => [{ path: 'docs/generated/events.md', text: `${[HEAD, ...eventsFiles().map(section)].join('\n\n')}\n` }];

const HEAD = `# Events

<!-- Written by \`npm run generate\` from src/**/*.events.ts. -->

Every fact that can be in the log. A type's name and shape never change once stored: a change is a new version and an upcast. A
field \`ledger\` is a whole balanced transaction (\`src/kernel/ledger.ts\`); amounts are whole centikudos; a \`?\` marks what may be absent.`;

/** @param {import('./event-types.mjs').EventsFile} file */
const section = ({ path, streams, events: types }) => [
  `## ${path.replace(/^src\//, '').replace(/\.events\.ts$/, '')}`,
  streams === '' ? `Declared in \`${path}\`.` : `Streams: ${code(streams)}. Declared in \`${path}\`.`,
  ...types.map(({ type, doc, fields }) => [
    `### ${type}`,
    ...(doc === '' ? [] : [doc]),
    fields.length === 0 ? 'No fields.' : table(['Field', 'Type', 'Meaning'], fields.map((field) => [`\`${field.name}\``, `\`${field.type}\``, field.doc])),
  ].join('\n\n')),
].join('\n\n');

/** Stream names of a comment, set as code. @param {string} text */
const code = (text) => text.replace(/\b[a-z]+(?:-[a-z]+)*-\{[^}]+\}|\b[a-z]+-\*/gi, '`$&`').replace(/\.$/, '');
