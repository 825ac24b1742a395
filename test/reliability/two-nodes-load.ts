import type { Answer, Client, Person } from '../support/client.js';
import { Seeded } from '../support/seeded.js';

type Kind = 'image' | 'text';

export interface TwoNodesPlan {
  readonly seed: number;
  /** Jobs that a worker gives up, and that it takes and never mentions again. */
  readonly faulted: number;
  readonly stale: number;
}

/** Requests of several jobs are where workers at different nodes meet. */
const JOBS_OF_A_REQUEST = [1, 1, 1, 2, 3, 6] as const;
const WORKERS = 8;
const CLIENTS = 6;

/**
 * Waves of requests, and shifts of workers that poll all nodes in turn: a job is taken at one node and handed in at another. A
 * shift ends when no node has anything for anybody. Every answer that is not as it should be is noted.
 */
export class TwoNodesLoad {
  readonly surprises: string[] = [];
  readonly requests: { readonly id: string; readonly kind: Kind; readonly jobs: number }[] = [];
  /** Jobs that workers took and kept to themselves. */
  readonly kept: { readonly job: string; readonly kind: Kind }[] = [];
  asked = 0;
  delivered = 0;
  faulted = 0;
  readonly #random: Seeded;
  #turn = 0;

  constructor(private readonly nodes: readonly Client[], private readonly cast: { readonly payers: readonly Person[]; readonly owner: Person }, private readonly plan: TwoNodesPlan) {
    this.#random = new Seeded(plan.seed);
  }

  /** Requests of so many jobs together. */
  async wave(jobs: number): Promise<void> {
    const until = this.asked + jobs;
    await Promise.all(Array.from({ length: CLIENTS }, async () => {
      while (this.asked < until) {
        const n = Math.min(this.#random.pick(JOBS_OF_A_REQUEST), until - this.asked);
        this.asked += n;
        await this.#ask(this.#random.chance(0.5) ? 'image' : 'text', n);
      }
    }));
  }

  async shift(): Promise<void> {
    await Promise.all(Array.from({ length: WORKERS }, (_, number) => this.#work(number, number % 2 === 0 ? 'image' : 'text')));
  }

  /** What was kept comes in at last, after it was taken away. */
  async handInLate(): Promise<void> {
    for (const { job, kind } of this.kept.splice(0)) {
      const { status, body } = await this.#submit(kind, job);
      if (status !== 400 || body.rc !== 'AbortedGen') this.surprises.push(`a late ${kind} was answered ${status} ${JSON.stringify(body)}`);
    }
  }

  #node(): Client {
    this.#turn += 1;
    return this.nodes[this.#turn % this.nodes.length]!;
  }

  async #ask(kind: Kind, n: number): Promise<void> {
    const { key } = this.#random.pick(this.cast.payers);
    const node = this.#node();
    const answer = kind === 'image'
      ? await node.askImage(key, { models: ['stable_diffusion'], r2: false, params: { n, steps: 5, width: 512, height: 512 } })
      : await node.askText(key, { params: { n, max_length: 40 } });
    if (answer.status === 202) this.requests.push({ id: answer.body.id, kind, jobs: n });
    else this.surprises.push(`${kind} async was answered ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  async #work(number: number, kind: Kind): Promise<void> {
    const { key } = this.cast.owner;
    for (let empty = 0; empty < this.nodes.length;) {
      const node = this.#node();
      const { status, body } = kind === 'image'
        ? await node.popImage(key, { name: `dreamer ${number}`, amount: this.#random.between(1, 3) }) : await node.popText(key, { name: `scribe ${number}` });
      if (status !== 200) this.surprises.push(`${kind} pop was answered ${status} ${JSON.stringify(body)}`);
      const jobs = status === 200 ? body.ids : [];
      empty = jobs.length === 0 ? empty + 1 : 0;
      for (const job of jobs) await this.#finish(kind, job);
    }
  }

  async #finish(kind: Kind, job: string): Promise<void> {
    const fate = this.#random.unit();
    if (fate < this.plan.stale) {
      this.kept.push({ job, kind });
      return;
    }
    const isFaulted = fate < this.plan.stale + this.plan.faulted;
    const { status, body } = await this.#submit(kind, job, isFaulted ? { state: 'faulted' } : {});
    if (status !== 200) this.surprises.push(`${kind} submit was answered ${status} ${JSON.stringify(body)}`);
    else if (isFaulted) this.faulted += 1;
    else this.delivered += 1;
  }

  /** At whichever node comes next, seldom the one that gave the job out. */
  #submit(kind: Kind, job: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Answer<{ readonly rc?: string }>> {
    const node = this.#node();
    const { key } = this.cast.owner;
    return kind === 'image' ? node.submitImage(key, job, fields) : node.submitText(key, job, fields);
  }
}
