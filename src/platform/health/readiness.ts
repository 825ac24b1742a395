import type { Clock, Timers } from '../../kernel/clock.js';
import type { EventLog, Position } from '../event-log/event-log.js';
import type { Checkpoints } from '../projecting/checkpoints.js';
import type { ProjectionState, ProjectionStatus } from '../projecting/projection-worker.js';

/** `elsewhere`: another process keeps it; `missing`: nobody has made it yet. */
export type ReadModelState = ProjectionState | 'elsewhere' | 'missing';
export interface ReadModelHealth {
  readonly name: string;
  readonly state: ReadModelState;
  /** Age of the oldest event that it does not show; 0 when it shows all, null when nobody could say. */
  readonly behindMs: number | null;
}
/** `reason`: why another one signs, or why nobody may. */
export interface NotaryHealth extends Pick<ReadModelHealth, 'behindMs'> {
  readonly state: 'starting' | 'signing' | 'standby' | 'refusing';
  readonly reason?: string;
}
export interface Health {
  readonly status: 'ready' | 'unready';
  /** What is missing, in the words below; empty when it is ready. */
  readonly missing: readonly string[];
  readonly log: Reach;
  readonly database: Reach;
  readonly readModels: readonly ReadModelHealth[];
  /** Of the views in this process's memory; only where it serves the API. */
  readonly views?: Pick<ReadModelHealth, 'behindMs'>;
  /** Only where this process has that role; how far behind is what it has published itself. */
  readonly notary?: NotaryHealth;
  /** What callers are still to be told, and have been; only where it serves the API. Never a reason not to be ready. */
  readonly webhooks?: Readonly<Record<string, number>>;
}
type Reach = 'reachable' | 'unreachable';

export interface ReadinessOptions {
  readonly log: Pick<EventLog, 'head' | 'readAll'>;
  readonly checkpoints: Pick<Checkpoints, 'all'>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Every read model there has to be. */
  readonly names: readonly string[];
  /** Those that this process keeps itself. */
  readonly own: () => readonly ProjectionStatus[];
  /** How far the views in this process's memory are, where it has any. */
  readonly views: (() => Position) | undefined;
  readonly webhooks?: (() => Promise<Readonly<Record<string, number>>>) | undefined;
  /** The notary of this process, where it has one. */
  readonly notary?: (() => Pick<NotaryHealth, 'state'> & { readonly reason: string | undefined; readonly position: Position | undefined }) | undefined;
}

/** Each of the two steps of an answer takes no longer than this, whatever hangs: probes commonly wait for three seconds. */
const PATIENCE_MS = 1_000;
/** A question that hangs is given up after so long, and asked anew: its connection may be dead while others work. */
const QUESTION_LIFE_MS = 10_000;
/** Calls that need what is older than a second are answered 503 one by one; a node so far behind answers few others. */
const BEHIND_MAX_MS = 15_000;

/** Whether this process can do its work now. Asks the log and PostgreSQL, and says in fixed words what is missing. */
export class Readiness {
  readonly #asked = new Map<string, { readonly answer: Promise<unknown>; readonly atMs: number }>();

  constructor(private readonly options: ReadinessOptions) {}

  async health(): Promise<Health> {
    const { log, checkpoints, names } = this.options;
    const [head, rows] = await Promise.all([this.#ask('head', () => log.head()), this.#ask('checkpoints', () => checkpoints.all())]);
    const positions = new Map(rows?.map(({ name, position }) => [name, position]));
    const own = new Map(this.options.own().map((status) => [status.name, status.state]));
    const readModels = await Promise.all(names.map(async (name): Promise<ReadModelHealth> => {
      const state = own.get(name) ?? (rows && !positions.has(name) ? 'missing' : 'elsewhere');
      return { name, state, behindMs: await this.#behind(positions.get(name), head) };
    }));
    const [seen, notary, webhooks] = await Promise.all([this.#views(head), this.#notary(head), this.#webhooks()]);
    const missing = [
      ...(head === undefined ? ['the event log'] : []), ...(rows === undefined ? ['the database'] : []),
      ...readModels.flatMap((each) => faultOf(each) ?? []), ...(isFarBehind(seen) ? ['the views in memory are far behind'] : []),
      ...faultOfNotary(notary),
    ];
    return {
      status: missing.length === 0 ? 'ready' : 'unready', missing, log: reach(head), database: reach(rows), readModels, ...(seen && { views: seen }), ...(notary && { notary }), ...(webhooks && { webhooks }),
    };
  }

  async #views(head: Position | undefined): Promise<Pick<ReadModelHealth, 'behindMs'> | undefined> {
    const { views } = this.options;
    return views && { behindMs: await this.#behind(views(), head) };
  }

  async #webhooks(): Promise<Readonly<Record<string, number>> | undefined> {
    const { webhooks } = this.options;
    return webhooks && this.#ask('webhooks', webhooks);
  }

  async #notary(head: Position | undefined): Promise<NotaryHealth | undefined> {
    const status = this.options.notary?.();
    if (!status) return undefined;
    const { state, reason, position } = status;
    return { state, ...(reason !== undefined && { reason }), behindMs: await this.#behind(position, head) };
  }

  /** By the time at which events were written: how much came since says little where positions are bytes. */
  async #behind(position: Position | undefined, head: Position | undefined): Promise<number | null> {
    if (position === undefined || head === undefined) return null;
    if (position >= head) return 0;
    const page = await this.#ask(`after ${position}`, () => this.options.log.readAll({ from: position, limit: 1 }));
    if (!page) return null;
    const [oldest] = page.events;
    return oldest ? Math.max(0, this.options.clock.now() - oldest.created) : 0;
  }

  /** The answer; undefined when it does not come in time, or is a failure. Who asks while others wait, waits with them. */
  async #ask<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer | undefined> {
    const answered = new AbortController();
    const tooLate = this.options.timers.sleep(PATIENCE_MS, answered.signal).then(() => undefined, () => undefined);
    try {
      return await Promise.race([this.#shared(what, ask), tooLate]);
    } catch {
      return undefined; // the answer itself says so; an error's words may name hosts and accounts
    } finally {
      answered.abort();
    }
  }

  #shared<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
    const now = this.options.clock.monotonic();
    const known = this.#asked.get(what);
    if (known && now - known.atMs < QUESTION_LIFE_MS) return known.answer as Promise<Answer>;
    const question = { answer: ask(), atMs: now };
    this.#asked.set(what, question);
    const forget = (): void => {
      if (this.#asked.get(what) === question) this.#asked.delete(what);
    };
    question.answer.then(forget, forget);
    return question.answer;
  }
}

const reach = (answer: unknown): Reach => (answer === undefined ? 'unreachable' : 'reachable');

const isFarBehind = (view: Pick<ReadModelHealth, 'behindMs'> | undefined): boolean => (view?.behindMs ?? 0) > BEHIND_MAX_MS;

const faultOfNotary = (notary: NotaryHealth | undefined): string[] => (notary?.state === 'refusing' ? [`the notary refuses to sign: ${notary.reason ?? ''}`] : []);

const faultOf = (model: ReadModelHealth): string | undefined => {
  const { name, state } = model;
  if (state === 'stopped' || state === 'missing') return `the read model ${name} is ${state}`;
  return isFarBehind(model) ? `the read model ${name} is far behind` : undefined;
};
