import { seeded } from '../bench/dispatch-workload.js';
import { ANONYMOUS_KEY, UnexpectedAnswer, type HordeClient, type Kind, type Person } from '../load/horde-client.js';
import { makeUsers } from '../load/make-users.js';
import { IMAGE_MODELS, pick, popOf, resultOf, someRequest, TEXT_MODELS, type Random } from '../load/workload.js';
import type { Tools } from '../tools.js';

/** What happened. */
export interface Told {
  readonly people: number;
  readonly workers: number;
  readonly models: number;
  readonly requests: number;
  readonly anonymous: number;
  /** Requests that nobody took, because their payer has too few kudos for them at that load. */
  readonly refused: number;
  readonly cancelled: number;
  readonly delivered: number;
  readonly faults: number;
  /** Requests that ended without a result, because three workers had given them back (horde-rules §6.8). */
  readonly ended: number;
  readonly transfers: number;
  readonly payers: readonly Person[];
  readonly owners: readonly Person[];
  /** Kudos before the story began, by user. */
  readonly before: ReadonlyMap<number, number>;
}

const PAYERS = 40;
const PAYER_KUDOS = 500;
const NEWCOMERS = 54;
const OWNERS = 6;
const OWNER_KUDOS = 25;
const WORKERS_AN_OWNER = 2;
const REQUESTS = 160;
const ANONYMOUS_REQUESTS = 8;
const CANCELS = 6;
const TRANSFERS = 50;
const GIFT_KUDOS_MAX = 20;
const FAULT_SHARE = 0.06;
/** Requests under way at the same time while the queue is filled. */
const HANDS = 8;
/** The pops of one worker that find nothing before it goes home; its siblings may just be holding the last jobs. */
const EMPTY_POPS_MAX = 5;
const EMPTY_WAIT_MS = 100;
/** Twelve bytes that call themselves WebP: nobody looks at the images of a demonstration. */
const IMAGE = Buffer.from('RIFF\x04\x00\x00\x00WEBP', 'latin1');

/** What a busy horde answers to those with too few kudos, and to anonymous users who have enough under way. */
const TOO_FEW_KUDOS = 403;
const TOO_MANY = 429;

interface Asked {
  readonly kind: Kind;
  readonly id: string;
}

/** A few minutes in the life of a horde, told through its public API. */
export class Story {
  readonly #random: Random;
  #delivered = 0;
  #faults = 0;
  #refused = 0;
  #ended = 0;

  constructor(private readonly client: HordeClient, private readonly tools: Pick<Tools, 'timers' | 'progress'>, seed: number) {
    this.#random = seeded(seed);
  }

  async tell(): Promise<Told> {
    const { client } = this;
    this.#show('people arrive');
    const payers = await makeUsers(client, 'artist', PAYERS, PAYER_KUDOS);
    const owners = await makeUsers(client, 'volunteer', OWNERS, OWNER_KUDOS);
    const newcomers = await inParallel(NEWCOMERS, (index) => client.register(`newcomer-${index}`));
    const before = new Map([...payers.map(({ id }) => [id, PAYER_KUDOS] as const), ...owners.map(({ id }) => [id, OWNER_KUDOS] as const)]);
    await Promise.all(owners.map((owner, index) => this.#signOn(owner, index)));
    const asked = await this.#ask([...payers, ...payers, ...newcomers]);
    const unpaid = (await inParallel(ANONYMOUS_REQUESTS, (index) => this.#request(ANONYMOUS_KEY, index % 2 === 0 ? 'image' : 'text'))).flatMap((each) => each ?? []);
    for (const { kind, id } of asked.slice(0, CANCELS)) await client.cancel(kind, id);
    const work = owners.map((owner, index) => this.#work(owner, index));
    await this.#give(payers, [...owners, ...newcomers]);
    await Promise.all(work);
    await this.#fetch([...asked.slice(CANCELS), ...unpaid]);
    return {
      people: PAYERS + OWNERS + NEWCOMERS, workers: OWNERS * WORKERS_AN_OWNER, models: IMAGE_MODELS.length + TEXT_MODELS.length,
      requests: asked.length + unpaid.length, anonymous: unpaid.length, refused: this.#refused, cancelled: CANCELS, delivered: this.#delivered, faults: this.#faults, ended: this.#ended,
      transfers: TRANSFERS, payers, owners, before,
    };
  }

  #show(text: string): void {
    this.tools.progress.update(`${text}: ${this.#delivered} jobs delivered`);
  }

  /** A worker is known from its first pop on, also when there is nothing to do yet. */
  async #signOn(owner: Person, index: number): Promise<void> {
    for (const { kind, name } of workersOf(index)) await this.client.pop(kind, owner.key, popOf(kind, name));
  }

  async #ask(askers: readonly Person[]): Promise<Asked[]> {
    const asked = await inParallel(REQUESTS, () => this.#request(pick(this.#random, askers).key, this.#random() < 0.6 ? 'image' : 'text'));
    return asked.flatMap((each) => each ?? []);
  }

  /** Undefined when the horde is so busy that it wants to see kudos first, and this payer has none to spend. */
  async #request(key: string, kind: Kind): Promise<Asked | undefined> {
    this.#show('requests come in');
    try {
      const { body: { id } } = await this.client.ask(kind, key, someRequest(this.#random, kind));
      return { kind, id };
    } catch (error) {
      if (!(error instanceof UnexpectedAnswer && (error.status === TOO_FEW_KUDOS || error.status === TOO_MANY))) throw error;
      this.#refused += 1;
      return undefined;
    }
  }

  async #give(givers: readonly Person[], takers: readonly Person[]): Promise<void> {
    await inParallel(TRANSFERS, async () => {
      const [from, to] = [pick(this.#random, givers), pick(this.#random, takers)];
      await this.client.transfer(from.key, to.alias, 1 + Math.floor(this.#random() * GIFT_KUDOS_MAX));
    });
  }

  /** Both workers of a volunteer pop until there is nothing left. */
  async #work(owner: Person, index: number): Promise<void> {
    await Promise.all(workersOf(index).map(async ({ kind, name }) => {
      for (let empty = 0; empty < EMPTY_POPS_MAX;) {
        const { body: { id, r2_upload: upload } } = await this.client.pop(kind, owner.key, popOf(kind, name));
        if (id === null) {
          empty += 1;
          await this.tools.timers.sleep(EMPTY_WAIT_MS);
          continue;
        }
        await this.#deliver(kind, owner, { id, upload: upload ?? undefined });
        this.#show('workers work');
      }
    }));
  }

  async #deliver(kind: Kind, owner: Person, { id, upload }: { readonly id: string; readonly upload: string | undefined }): Promise<void> {
    if (this.#random() < FAULT_SHARE) {
      await this.client.submit(kind, owner.key, { ...resultOf(this.#random, kind, id), state: 'faulted' });
      this.#faults += 1;
      return;
    }
    if (kind === 'image' && upload !== undefined) await this.client.upload(upload, IMAGE);
    await this.client.submit(kind, owner.key, resultOf(this.#random, kind, id));
    this.#delivered += 1;
  }

  async #fetch(asked: readonly Asked[]): Promise<void> {
    await inParallel(asked.length, async (index) => {
      const { kind, id } = asked[index]!;
      const { body } = await this.client.status(kind, id);
      if (body.faulted) {
        this.#ended += 1;
        return;
      }
      if (!body.done || body.generations?.length !== 1) throw new Error(`request ${id} was asked for, and nobody delivered it: ${JSON.stringify(body)}`);
      this.#show('people fetch their results');
    });
  }
}

/** Every volunteer has a worker for images and one for texts. */
const workersOf = (owner: number): readonly { readonly kind: Kind; readonly name: string }[] =>
  Array.from({ length: WORKERS_AN_OWNER }, (_, index) => ({ kind: index % 2 === 0 ? 'image' : 'text', name: `volunteer ${owner}, machine ${index}` }));

const inParallel = async <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> => {
  const results: Result[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(HANDS, count) }, async () => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  }));
  return results;
};
