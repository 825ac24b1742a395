import ts from 'typescript';
import { docOf, oneLine, parse, pathsUnder, walk } from '../lib/sources.mjs';

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} type
 * @property {string} doc
 *
 * @typedef {object} EventType
 * @property {string} type `PascalCase.vN`
 * @property {string} doc
 * @property {readonly Field[]} fields
 *
 * @typedef {object} EventsFile
 * @property {string} path
 * @property {string} streams what the file's `// Stream:` comment says
 * @property {readonly EventType[]} events
 */

/** Every stored shape of the system, read from the declarations themselves. @returns {EventsFile[]} */
export const eventsFiles = () => pathsUnder('src', '.events.ts').map((path) => {
  const source = parse(path);
  /** @type {EventType[]} */
  const events = [];
  walk(source, (node) => {
    const event = ts.isTypeReferenceNode(node) && node.typeName.getText() === 'Stored' ? eventOf(node) : undefined;
    if (event) events.push(event);
  });
  const streams = /^\/\/ Streams?: (.+)$/m.exec(source.text)?.[1] ?? '';
  return { path, streams: oneLine(streams), events };
});

/** @param {ts.TypeReferenceNode} stored @returns {EventType | undefined} */
const eventOf = (stored) => {
  const [name, data] = stored.typeArguments ?? [];
  if (!name || !data || !ts.isLiteralTypeNode(name) || !ts.isStringLiteral(name.literal)) return undefined;
  let declaration = stored.parent;
  while (!ts.isStatement(declaration) && declaration.parent) declaration = declaration.parent;
  return { type: name.literal.text, doc: docOf(declaration), fields: fieldsOf(data) };
};

/** @param {ts.TypeNode} data @returns {Field[]} */
const fieldsOf = (data) => {
  if (ts.isIntersectionTypeNode(data)) return data.types.flatMap(fieldsOf);
  if (!ts.isTypeLiteralNode(data)) {
    const named = ts.isTypeReferenceNode(data) ? declarationOf(data) : undefined;
    return named ?? [{ name: '…', type: oneLine(data.getText()), doc: '' }];
  }
  return membersOf(data.members);
};

/** A shape declared by name in the same file. @param {ts.TypeReferenceNode} reference @returns {Field[] | undefined} */
const declarationOf = (reference) => {
  const name = reference.typeName.getText();
  for (const statement of reference.getSourceFile().statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name) {
      const inherited = (statement.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => ({ name: '…', type: type.getText(), doc: '' })));
      return [...inherited, ...membersOf(statement.members)];
    }
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name) return fieldsOf(statement.type);
  }
  return undefined;
};

/** @param {ts.NodeArray<ts.TypeElement>} members @returns {Field[]} */
const membersOf = (members) => members.filter(ts.isPropertySignature).map((member) => ({
  name: `${member.name.getText()}${member.questionToken ? '?' : ''}`,
  type: oneLine(member.type?.getText() ?? ''),
  doc: docOf(member),
}));
