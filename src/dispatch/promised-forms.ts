/** Forms that pops of this node are about to hand out: two of them shall not ask the log for the same one. */
export class PromisedForms {
  readonly #promised = new Set<string>();

  has(request: string, form: number): boolean {
    return this.#promised.has(`${request} ${form}`);
  }

  /** Until they are released; only forms that nobody else has promised. */
  add(request: string, forms: readonly number[]): { release(): void } {
    const keys = forms.map((form) => `${request} ${form}`);
    for (const key of keys) this.#promised.add(key);
    return { release: () => { for (const key of keys) this.#promised.delete(key); } };
  }
}
