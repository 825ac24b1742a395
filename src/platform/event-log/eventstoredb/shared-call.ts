/**
 * One call for all who ask at the same time. Whoever comes while one is under way waits for the next: the answer to a
 * question must not be older than the question.
 */
export class Shared<Answer> {
  private current: Promise<Answer> | undefined;
  private next: Promise<Answer> | undefined;

  constructor(private readonly ask: () => Promise<Answer>) {}

  call(): Promise<Answer> {
    if (!this.current) return this.begin();
    this.next ??= this.current.then(() => undefined, () => undefined).then(() => {
      this.next = undefined;
      return this.begin();
    });
    return this.next;
  }

  private begin(): Promise<Answer> {
    const call = this.ask().finally(() => {
      if (this.current === call) this.current = undefined;
    });
    this.current = call;
    return call;
  }
}
