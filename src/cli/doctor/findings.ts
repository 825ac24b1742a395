/** What was looked at, what was found, and what to do when it is not as it should be. */
export interface Finding {
  readonly isGood: boolean;
  readonly what: string;
  readonly found: string;
  readonly todo?: string;
}

/** Collects findings; a check that throws is a finding of its own, and the others go on. */
export class Findings {
  readonly all: Finding[] = [];

  good(what: string, found: string): void {
    this.all.push({ isGood: true, what, found });
  }
  bad(what: string, found: string, todo: string): void {
    this.all.push({ isGood: false, what, found, todo });
  }
  unless(isGood: boolean, what: string, { found, todo }: { readonly found: string; readonly todo: string }): void {
    if (isGood) this.good(what, found);
    else this.bad(what, found, todo);
  }

  async of<T>(what: string, todo: string, check: () => Promise<T> | T): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      this.bad(what, error instanceof Error ? error.message : String(error), todo);
      return undefined;
    }
  }

  lines(): string[] {
    const width = Math.max(0, ...this.all.map(({ what }) => what.length));
    return this.all.flatMap(({ isGood, what, found, todo }) => [
      `${isGood ? '✓' : '✗'} ${what.padEnd(width)}  ${found}`, ...(todo === undefined ? [] : [`  ${' '.repeat(width)}  → ${todo}`]),
    ]);
  }
}
