import ts from 'typescript';
import { matching, read } from './repository.js';

export const SOURCES = matching(/^(src|projections)\/.*\.ts$/).filter((path) => !path.endsWith('.spec.ts'));

const parsed = new Map<string, ts.SourceFile>();
export const parse = (path: string): ts.SourceFile => {
  const known = parsed.get(path);
  if (known) return known;
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true);
  parsed.set(path, source);
  return source;
};

/** Every node of a file that is of a kind, in the order of the text. */
export const nodesOf = <Kind extends ts.Node>(path: string, is: (node: ts.Node) => node is Kind): readonly Kind[] => {
  const found: Kind[] = [];
  const visit = (node: ts.Node): void => {
    if (is(node)) found.push(node);
    node.forEachChild(visit);
  };
  visit(parse(path));
  return found;
};

/** `@Name(...)` decorators of a class or method, by name. */
export const decoratorsOf = (node: ts.HasDecorators): ReadonlyMap<string, readonly ts.Expression[]> =>
  new Map((ts.getDecorators(node) ?? []).map(({ expression }): [string, readonly ts.Expression[]] =>
    ts.isCallExpression(expression) ? [expression.expression.getText(), expression.arguments] : [expression.getText(), []]));

/** Where a node stands, for a message. */
export const placeOf = (node: ts.Node): string => {
  const source = node.getSourceFile();
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
};
