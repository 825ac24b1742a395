/** Names that are being registered, by owner and by address: they count, or a rush of pops would outrun the limits. */
export class Rush {
  /** In the order in which they came. */
  readonly #names = new Map<string, Set<string>>();

  /** Returns how to leave again. */
  enter(keys: readonly string[], nameHash: string): () => void {
    for (const key of keys) this.#names.set(key, (this.#names.get(key) ?? new Set()).add(nameHash));
    return () => {
      for (const key of keys) {
        const names = this.#names.get(key);
        names?.delete(nameHash);
        if (names?.size === 0) this.#names.delete(key);
      }
    };
  }

  /** Names that came before this one and are not registered yet: whoever came first has the last place. */
  ahead(key: string, nameHash: string, isRegistered: (nameHash: string) => boolean): number {
    const names = [...(this.#names.get(key) ?? [])];
    const own = names.indexOf(nameHash);
    return (own < 0 ? names : names.slice(0, own)).filter((name) => !isRegistered(name)).length;
  }
}
