/** Which methods a path knows, for answers 404, 405 and OPTIONS only: Fastify routes by method first and cannot tell. */
export class PathTable {
  private readonly byPattern = new Map<string, { readonly matches: RegExp; readonly methods: Set<string> }>();

  /** A route pattern in Fastify's form: `/workers/:id`, `/static/*`. */
  add(pattern: string, methods: readonly string[]): void {
    const known = this.byPattern.get(pattern) ?? { matches: asRegExp(pattern), methods: new Set<string>() };
    for (const method of methods) known.methods.add(method);
    this.byPattern.set(pattern, known);
  }

  /** Of every route that the path would match; empty for an unknown path. */
  methodsAt(url: string): readonly string[] {
    const path = url.split(/[?#]/, 1)[0] ?? '';
    const methods = new Set<string>();
    for (const { matches, methods: these } of this.byPattern.values()) {
      if (matches.test(path)) for (const method of these) methods.add(method);
    }
    methods.delete('OPTIONS');
    return [...methods].sort();
  }
}

const asRegExp = (pattern: string): RegExp => {
  const source = pattern.split('/').map((segment) => {
    if (segment === '*') return '.*';
    return segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source.join('/')}$`);
};
