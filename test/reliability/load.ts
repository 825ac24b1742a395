import { ANONYMOUS, type Answer, type Client, type Person, type Popped } from '../support/client.js';
import { Seeded } from '../support/seeded.js';
import { clock } from './eventually.js';
import { type Act, type HeldJob, type Journal, nameOf, type Transfer } from './journal.js';

/** Who takes part. */
export interface Cast {
  readonly payers: readonly Person[];
  /** Get kudos from payers, and send none: a gift back within a minute would be refused. */
  readonly recipients: readonly Person[];
  readonly owner: Person;
}

const KUDOS = 1_000_000;
const WORKERS_OF_A_KIND = 4;
const JOBS_OF_A_REQUEST = [1, 1, 1, 2, 3] as const;

export const castOf = async (client: Client): Promise<Cast> => ({
  payers: await Promise.all(['ann', 'bob', 'cid', 'dot'].map((name) => client.person(name, KUDOS, { trusted: true }))),
  recipients: await Promise.all(['eve', 'fay', 'gus'].map((name) => client.person(name, 25))),
  owner: await client.person('owner', 25, { trusted: true }),
});

/** The connection broke: nobody knows what became of the write. */
class Unanswered extends Error {}

/** How often each is done; what is handed out is brought back about as often. */
const WEIGHTS: readonly (readonly [weight: number, act: Act])[] = [
  [30, 'asked'], [26, 'handed out'], [26, 'submitted'], [3, 'faulted'], [3, 'cancelled'], [11, 'transferred'], [1, 'registered'],
];
const WEIGHT = WEIGHTS.reduce((sum, [weight]) => sum + weight, 0);

/** Clients and workers of every kind on one server, each waiting for its answer before it asks the next. */
export class Load {
  #stopped = false;
  readonly #random: Seeded;

  constructor(private readonly client: Client, private readonly cast: Cast, private readonly journal: Journal, seed: number) {
    this.#random = new Seeded(seed);
  }

  /** Runs until it is stopped or the server is gone. */
  async run(clients: number): Promise<void> {
    await Promise.all(Array.from({ length: clients }, () => this.#one()));
  }
  stop(): void {
    this.#stopped = true;
  }

  async #one(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#act(this.#choose());
      } catch (error) {
        if (error instanceof Unanswered) return; // the server is gone, or hangs up because it is about to
        throw error;
      }
    }
  }

  #choose(): Act {
    let at = this.#random.unit() * WEIGHT;
    return WEIGHTS.find(([weight]) => (at -= weight) < 0)![1];
  }

  #act(act: Act): Promise<void> {
    switch (act) {
      case 'asked': return this.#ask();
      case 'handed out': return this.pop(this.#random.chance(0.5) ? 'image' : 'text');
      case 'submitted': return this.#bringBack('submitted');
      case 'faulted': return this.#bringBack('faulted');
      case 'cancelled': return this.#cancel();
      case 'transferred': return this.#transfer();
      case 'registered': return this.register().then(() => undefined);
    }
  }

  async #ask(): Promise<void> {
    const { client, journal, cast } = this;
    const payer = this.#random.chance(0.3) ? undefined : this.#random.pick(cast.payers);
    const kind = this.#random.chance(0.5) ? 'image' : 'text';
    const n = payer ? this.#random.pick(JOBS_OF_A_REQUEST) : 1;
    const key = payer?.key ?? ANONYMOUS;
    const answer = await this.#send('asked', () => (kind === 'image'
      ? client.askImage(key, { models: ['stable_diffusion'], r2: false, params: { n, steps: 5, width: 512, height: 512 } })
      : client.askText(key, { params: { n, max_length: 40 } })), [202], [429]);
    if (answer?.status !== 202) return;
    const { id } = answer.body;
    journal.requests.set(id, { kind, payer: payer?.id ?? 0 });
    journal.acknowledge('asked', id);
  }

  /** One worker asks for work. */
  async pop(kind: 'image' | 'text'): Promise<void> {
    const { client, journal, cast: { owner } } = this;
    const number = `${this.#random.between(1, WORKERS_OF_A_KIND)}, shift ${journal.shift}`;
    const answer: Answer<Popped> | undefined = await this.#send('handed out', () => (kind === 'image'
      ? client.popImage(owner.key, { name: `dreamer ${number}`, amount: this.#random.between(1, 3) }) : client.popText(owner.key, { name: `scribe ${number}` })), [200], ['WorkerMaintenance']);
    if (answer?.status === 403) journal.shift += 1; // who left too many jobs undone within the hour is relieved by somebody else
    for (const job of answer?.body.ids ?? []) {
      journal.held.set(job, { job, kind });
      journal.acknowledge('handed out', job);
    }
  }

  async #bringBack(act: 'submitted' | 'faulted'): Promise<void> {
    const [job] = this.journal.held.values();
    if (!job) return;
    this.journal.held.delete(job.job);
    await this.bringBack(act, job);
  }

  /** Delivers a job, or gives it up. After an unanswered first time, "already submitted" says that it had arrived. */
  async bringBack(act: 'submitted' | 'faulted', held: HeldJob, isAgain = false): Promise<void> {
    const { client, journal, cast: { owner } } = this;
    const body = act === 'faulted' ? { state: 'faulted' } : {};
    const answer = await this.#send(act, () => (held.kind === 'image' ? client.submitImage(owner.key, held.job, body) : client.submitText(owner.key, held.job, body)),
      [200], isAgain ? ['DuplicateGen'] : [], () => this.bringBack(act, held, true));
    if (answer) journal.acknowledge(act, held.job);
  }

  async #cancel(): Promise<void> {
    const { journal } = this;
    const known = [...journal.requests.keys()];
    if (known.length > 0) await this.cancel(this.#random.pick(known.slice(-50)));
  }

  async cancel(id: string): Promise<void> {
    const { client, journal } = this;
    const { kind } = journal.requests.get(id)!;
    const answer = await this.#send('cancelled', () => client.cancel(id, kind), [200], [], () => this.cancel(id));
    if (answer) journal.acknowledge('cancelled', id);
  }

  async #transfer(): Promise<void> {
    const { journal, cast } = this;
    const [from, to] = [this.#random.pick(cast.payers), this.#random.pick(cast.recipients)];
    const key = this.#random.chance(0.6) ? this.#random.uuid() : undefined;
    await this.transfer(journal.transfer(from, to, key));
  }

  async transfer(transfer: Transfer): Promise<Answer | undefined> {
    const { client, journal } = this;
    const { from, to, amount, key } = transfer;
    const again = key === undefined ? undefined : async () => { await this.transfer(transfer); };
    const answer = await this.#send('transferred', () => client.transfer(from.key, to.alias, amount, key === undefined ? {} : { 'idempotency-key': key }), [200], [], again);
    if (answer) journal.acknowledge('transferred', nameOf(transfer));
    return answer as Answer | undefined;
  }

  /** True when it succeeded. */
  async register(): Promise<boolean> {
    const answer = await this.#send('registered', () => this.client.send<{ id: number }>('POST', '/register', {
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }, body: 'username=newcomer',
    }), [200]);
    if (answer) this.journal.acknowledge('registered', String(answer.body.id));
    return answer !== undefined;
  }

  /**
   * One call, with everything that may come of it: an answer that is expected (a status, or a refusal by its `rc`); 503 with
   * Retry-After, or no answer, after which it has happened or not (noted, with how to ask again); or a fault.
   */
  async #send<Body>(act: Act, call: () => Promise<Answer<Body>>, done: readonly number[], refused: readonly (number | string)[] = [], again?: () => Promise<void>): Promise<Answer<Body> | undefined> {
    const { journal } = this;
    let answer: Answer<Body>;
    try {
      answer = await call();
    } catch (error) {
      journal.unanswered.push({ act, again });
      throw new Unanswered('', { cause: error });
    }
    const { rc } = answer.body as { rc?: string };
    if (done.includes(answer.status) || refused.includes(answer.status) || (rc !== undefined && refused.includes(rc))) return answer;
    if (answer.status === 503 && answer.headers.get('retry-after') !== null) {
      journal.unavailable += 1;
      journal.lastUnavailableAt = clock.monotonic();
      journal.unanswered.push({ act, again });
    } else {
      journal.faults.push(`${act}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return undefined;
  }
}
