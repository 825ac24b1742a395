/** For whoever watches: of this process since its start, but for what waits, which all processes share. */
export type WebhookFigures = Readonly<Record<'waiting' | 'working' | 'delivered' | 'failed' | 'givenUp' | 'dropped', number>>;

export class WebhookCounts {
  working = 0;
  delivered = 0;
  /** Attempts that will be repeated. */
  failed = 0;
  givenUp = 0;
  /** Never begun: there were too many. */
  dropped = 0;

  constructor(private readonly due: { count(): Promise<number> }) {}

  async figures(): Promise<WebhookFigures> {
    const { working, delivered, failed, givenUp, dropped } = this;
    return { waiting: await this.due.count(), working, delivered, failed, givenUp, dropped };
  }
}
