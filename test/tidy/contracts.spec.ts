import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { ledgerOf, type AnyEvent } from '../../src/kernel/event.js';
import { faultOf } from '../../src/kernel/ledger.js';
import { exists, matching, read } from './repository.js';
import { decoratorsOf, nodesOf, parse, placeOf, SOURCES } from './sources.js';

/** `Stored<'Type.vN', …>` of every events file. */
const eventTypes = SOURCES.filter((path) => path.endsWith('.events.ts')).flatMap((path) =>
  nodesOf(path, ts.isTypeReferenceNode).filter((node) => node.typeName.getText() === 'Stored').flatMap(({ typeArguments }) => {
    const name = typeArguments?.[0];
    return name && ts.isLiteralTypeNode(name) && ts.isStringLiteral(name.literal) ? [name.literal.text] : [];
  }));

describe('stored events', () => {
  it('are named PascalCase.vN, each declared once', () => {
    expect(eventTypes.length).toBeGreaterThan(0);
    expect(eventTypes.filter((type) => !/^([A-Z][a-z0-9]+)+\.v[1-9]\d*$/.test(type))).toEqual([]);
    expect(eventTypes).toEqual([...new Set(eventTypes)]);
  });

  it('say in their file which streams they are in', () => {
    const silent = SOURCES.filter((path) => path.endsWith('.events.ts') && !/^\/\/ Streams?: /m.test(read(path)));
    expect(silent).toEqual([]);
  });

  it('are all in the catalogue', () => {
    const catalogue = read('docs/generated/events.md');
    expect(eventTypes.filter((type) => !catalogue.includes(`\n### ${type}\n`))).toEqual([]);
  });

  it.each(eventTypes)('%s has a fixture of its bytes as they were first stored', (type) => {
    const path = `test/fixtures/events/${type}.json`;
    expect(exists(path) ? (JSON.parse(read(path)) as AnyEvent).type : `${path} is missing: add a specimen to test/support/event-samples.ts`).toBe(type);
  });

  it('that move value balance, in every fixture', () => {
    const faults = matching(/^test\/fixtures\/events\/.*\.json$/).flatMap((path) => {
      const ledger = ledgerOf(JSON.parse(read(path)) as AnyEvent);
      const fault = ledger && faultOf(ledger);
      return fault ? [`${path} ${fault}`] : [];
    });
    expect(faults).toEqual([]);
  });

  it('keep the fixtures of types that are no longer written', () => {
    const orphans = matching(/^test\/fixtures\/events\//).filter((path) => !/\/([A-Z][A-Za-z0-9]+)\.v[1-9]\d*\.json$/.test(path));
    expect(orphans).toEqual([]);
  });
});

describe('return codes', () => {
  /** The string in front of `: [status, words]`, in every table of refusals. */
  const declared = SOURCES.filter((path) => path.endsWith('.refusals.ts')).flatMap((path) =>
    nodesOf(path, ts.isPropertyAssignment).filter(({ initializer }) =>
      ts.isArrayLiteralExpression(initializer) && initializer.elements[0] !== undefined && ts.isNumericLiteral(initializer.elements[0]))
      .map(({ name }) => name.getText().replaceAll("'", '')));
  const documented = [...read('docs/generated/return-codes.md').matchAll(/^\| `(\w+)` \| \d{3} \|/gm)].map(([, rc]) => rc!);

  it('of the code are all in the document', () => {
    expect(declared.filter((rc) => !documented.includes(rc))).toEqual([]);
  });

  it('of the document are all in the code', () => {
    const code = SOURCES.map(read).join('\n');
    expect([...new Set(documented)].filter((rc) => !new RegExp(`\\b${rc}\\b`).test(code))).toEqual([]);
  });
});

describe('the bus', () => {
  const handled = SOURCES.flatMap((path) => nodesOf(path, ts.isClassDeclaration)).flatMap((declaration) => {
    const message = decoratorsOf(declaration).get('CommandHandler')?.[0];
    return message ? [message.getText()] : [];
  });

  it('has one handler for a command: a second would silently replace the first', () => {
    expect(handled).toEqual([...new Set(handled)]);
  });

  it('has a handler for every command', () => {
    const commands = SOURCES.flatMap((path) => nodesOf(path, ts.isClassDeclaration)).filter(({ heritageClauses }) =>
      heritageClauses?.some(({ types }) => types.some(({ expression }) => expression.getText() === 'Command')))
      .map(({ name }) => name?.text);
    expect(commands.filter((name) => name !== undefined && !handled.includes(name))).toEqual([]);
  });

  it('carries no facts: those come from the log', () => {
    const eager = SOURCES.filter((path) => /\b(EventBus|EventsHandler|AggregateRoot|Saga)\b/.test(importsOf(path, '@nestjs/cqrs')));
    expect(eager).toEqual([]);
  });
});

describe('routes', () => {
  const VERBS = ['Get', 'Post', 'Put', 'Patch', 'Delete', 'Options', 'Head', 'All', 'Sse'];

  it('each declare who may call them, even if the answer is anyone', () => {
    const silent = SOURCES.flatMap((path) => nodesOf(path, ts.isMethodDeclaration)).filter((method) => {
      const decorators = decoratorsOf(method);
      return VERBS.some((verb) => decorators.has(verb)) && !decorators.has('Callers');
    });
    expect(silent.map(placeOf)).toEqual([]);
  });

  it('are declared in *.controller.ts or *.page.ts', () => {
    const elsewhere = SOURCES.filter((path) => !/\.(controller|page)\.ts$/.test(path)).flatMap((path) => nodesOf(path, ts.isClassDeclaration))
      .filter((declaration) => decoratorsOf(declaration).has('Controller'));
    expect(elsewhere.map(placeOf)).toEqual([]);
  });
});

describe('injection', () => {
  it('is never by `import type`, which leaves Nest without the class to look up', () => {
    const broken = SOURCES.flatMap((path) => {
      const erased = typeImportsOf(path);
      return nodesOf(path, ts.isClassDeclaration).filter(isInjectable).flatMap((declaration) => declaration.members)
        .filter(ts.isConstructorDeclaration).flatMap(({ parameters }) => parameters)
        .filter((parameter) => !decoratorsOf(parameter).has('Inject') && parameter.type !== undefined && erased.has(parameter.type.getText().replace(/<.*$/s, '')));
    });
    expect(broken.map(placeOf)).toEqual([]);
  });
});

const isInjectable = (declaration: ts.ClassDeclaration): boolean =>
  ['Injectable', 'Controller', 'CommandHandler', 'Catch'].some((name) => decoratorsOf(declaration).has(name));

function importsOf(path: string, module: string): string {
  return parse(path).statements.filter(ts.isImportDeclaration)
    .filter(({ moduleSpecifier }) => ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text === module)
    .map((statement) => statement.getText()).join('\n');
}

function typeImportsOf(path: string): ReadonlySet<string> {
  return new Set(parse(path).statements.filter(ts.isImportDeclaration).flatMap(({ importClause }) => {
    const named = importClause?.namedBindings;
    if (!importClause || !named || !ts.isNamedImports(named)) return [];
    return named.elements.filter(({ isTypeOnly }) => isTypeOnly || importClause.phaseModifier === ts.SyntaxKind.TypeKeyword).map(({ name }) => name.text);
  }));
}
