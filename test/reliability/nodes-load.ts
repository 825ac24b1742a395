import { ANONYMOUS, type Answer, type Client, type Person } from '../support/client.js';
import { Seeded } from '../support/seeded.js';
import { clock, eventually, timers } from './eventually.js';
import type { Journal } from './journal.js';

type Kind = 'image' | 'text';
export interface NodesCast {
  /** Fewer than clients, so that two nodes take in requests of one payer at the same time. */
  readonly payers: readonly Person[];
  readonly owner: Person;
}

/** Requests of several jobs are where workers at different nodes meet. */
const JOBS_OF_A_REQUEST = [1, 1, 1, 2, 3, 6] as const;
const ANONYMOUS_SHARE = 0.2;
/** A client waits no longer for its request to be served; nobody dies in this test. */
const SERVED_MS = 60_000;
/** Workers ask again after so long when there was nothing, as they do in life, only more often. */
const IDLE_MS = 20;

/**
 * Clients and workers that use all nodes in turn: a request is made at one and watched at another, a job is taken at one and
 * handed in at another. Everything that is not answered as it should be is a fault.
 */
export class NodesLoad {
  readonly faults: string[] = [];
  readonly callMs: number[] = [];
  /** What workers were told that they have earned. */
  earned = 0;
  #asked = 0;
  #delivered = 0;
  #waiting = 0;
  readonly #random: Seeded;

  constructor(private readonly nodes: readonly Client[], private readonly cast: NodesCast, private readonly journal: Journal, private readonly plan: { readonly jobs: number; readonly seed: number }) {
    this.#random = new Seeded(plan.seed);
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** Until every job has been asked for, done, and fetched. */
  async run(clients: number, workers: number): Promise<void> {
    await Promise.all([
      ...Array.from({ length: clients }, (_, k) => this.#client(k)), ...Array.from({ length: workers }, (_, k) => this.#worker(k, k % 2 === 0 ? 'image' : 'text')),
    ]);
  }

  #node(turn: number): Client {
    return this.nodes[turn % this.nodes.length]!;
  }

  async #client(first: number): Promise<void> {
    for (let turn = first; this.#asked < this.plan.jobs && this.faults.length === 0; turn++) {
      const n = Math.min(this.#random.pick(JOBS_OF_A_REQUEST), this.plan.jobs - this.#asked);
      this.#asked += n;
      this.#waiting += 1;
      await this.#request(turn, this.#random.chance(0.5) ? 'image' : 'text', n).finally(() => (this.#waiting -= 1));
    }
  }

  async #request(turn: number, kind: Kind, jobs: number): Promise<void> {
    const isAnonymous = jobs === 1 && this.#random.chance(ANONYMOUS_SHARE);
    const key = isAnonymous ? ANONYMOUS : this.#random.pick(this.cast.payers).key;
    const node = this.#node(turn);
    const accepted = await this.#call(`${kind} async`, 202, () => (kind === 'image'
      ? node.askImage(key, { models: ['stable_diffusion'], r2: false, params: { n: jobs, steps: 5, width: 512, height: 512 } })
      : node.askText(key, { params: { n: jobs, max_length: 40 } })));
    if (!accepted) return;
    const { id } = accepted.body;
    this.journal.acknowledge('asked', id);
    const done = await eventually(`request ${id} is served`, SERVED_MS, async () => {
      const other = this.#node(turn + 2);
      const answer = await this.#call(`${kind} check`, 200, () => (kind === 'image' ? other.check(id) : other.status(id, 'text')));
      return !answer || answer.body.done || this.faults.length > 0 ? { answer } : undefined;
    });
    if (!done.answer?.body.done) return;
    const status = await this.#call(`${kind} status`, 200, () => this.#node(turn + 1).status(id, kind));
    if (status && status.body.generations.length !== jobs) this.faults.push(`request ${id} of ${jobs} jobs shows ${status.body.generations.length} results`);
  }

  async #worker(number: number, kind: Kind): Promise<void> {
    const { owner } = this.cast;
    for (let turn = number; (this.#asked < this.plan.jobs || this.#waiting > 0) && this.faults.length === 0; turn++) {
      const node = this.#node(turn);
      const popped = await this.#call(`${kind} pop`, 200, () => (kind === 'image'
        ? node.popImage(owner.key, { name: `dreamer ${number}`, amount: this.#random.between(1, 3) }) : node.popText(owner.key, { name: `scribe ${number}` })));
      const jobs = popped?.body.ids ?? [];
      for (const job of jobs) this.journal.acknowledge('handed out', job);
      for (const job of jobs) await this.#submit(turn + 1, kind, job);
      if (jobs.length === 0) await timers.sleep(IDLE_MS);
    }
  }

  async #submit(turn: number, kind: Kind, job: string): Promise<void> {
    const [node, { key }] = [this.#node(turn), this.cast.owner];
    const submitted = await this.#call(`${kind} submit`, 200, () => (kind === 'image' ? node.submitImage(key, job) : node.submitText(key, job)));
    if (!submitted) return;
    this.journal.acknowledge('submitted', job);
    this.earned += submitted.body.reward;
    this.#delivered += 1;
  }

  async #call<Body>(what: string, expected: number, call: () => Promise<Answer<Body>>): Promise<Answer<Body> | undefined> {
    const begun = clock.monotonic();
    const answer = await call();
    this.callMs.push(clock.monotonic() - begun);
    if (answer.status === expected) return answer;
    this.faults.push(`${what} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return undefined;
  }
}
