import { loadReference } from '../../reference/load-reference.js';
import { HordeClient, IMAGE_BRIDGE, UPLOADED, type Fields, type Person } from '../load/horde-client.js';
import { Latencies, type Summary } from '../load/latencies.js';
import { makeUsers } from '../load/make-users.js';
import { pick, type Random } from '../load/workload.js';
import type { BenchServer } from './bench-server.js';
import { benchModels, maybe, percent, POST_PROCESSORS, popular, SIZES, STEPS } from './dispatch-workload.js';
import type { LoadOptions } from './load-options.js';

export interface QueueSize {
  /** Requests that wait while it is measured. */
  readonly queued: number;
  readonly workers: number;
}
export interface QueueFigures {
  readonly latencies: readonly Summary[];
  readonly asksPerSecond: number;
  /** Of the visits that were measured. */
  readonly visitsPerSecond: number;
  readonly rssMib: number;
}

const PAYER_KUDOS = 10_000_000;
/** Well below the 200 unfinished jobs that an account may have (design.md §6). */
const REQUESTS_OF_A_PAYER = 150;
/** A trusted owner may have 21 workers (horde-rules §7.1). */
const WORKERS_OF_AN_OWNER = 20;
/** While the queue fills, and while workers come for the first time. */
const HANDS = 32;
/** While it is measured: first one call after another, for what a call takes; then as much as the server can do, where calls wait for each other. */
export const BUSY_HANDS = 4;
/** Nothing that is asked for is as small, so these workers go away empty and have to be told why. */
const TINY_PIXELS = 64 * 64;
const SAMPLERS = ['k_euler', 'k_euler_a', 'k_dpmpp_2m', 'k_dpmpp_sde', 'k_dpmpp_2s_a', 'k_dpm_2', 'DDIM'] as const;
const WARM_UP_SHARE = 0.3;
const CENSORED_WORDS = ['gore', 'spider'] as const;

interface BenchWorker {
  readonly owner: Person;
  readonly declaration: Fields;
  readonly isTiny: boolean;
}

/**
 * Pops against a long queue over HTTP, at the client: requests for 300 models, of many sizes, with LoRAs and switches, of which
 * a worker can serve some two or three in ten; every second worker can serve none. Between pops jobs are handed in and paid, and
 * new requests take their places.
 */
export const benchQueue = async (server: BenchServer, size: QueueSize, options: LoadOptions): Promise<QueueFigures> => {
  const client = new HordeClient(server.url);
  try {
    const payers = await makeUsers(client, 'asker', Math.ceil(size.queued / REQUESTS_OF_A_PAYER) + 1, PAYER_KUDOS);
    const owners = (await makeUsers(client, 'keeper', 2 * Math.ceil(size.workers / WORKERS_OF_AN_OWNER), 25)).filter((_, index) => index % 2 === 0); // the trusted ones
    return await new QueueRun({ server, client, payers, owners }, size, options).measure();
  } finally {
    client.close();
  }
};

interface Cast {
  readonly server: BenchServer;
  readonly client: HordeClient;
  readonly payers: readonly Person[];
  readonly owners: readonly Person[];
}

class QueueRun {
  readonly #latencies: Latencies;
  readonly #models = benchModels(loadReference());
  readonly #workers: readonly BenchWorker[];
  #asked = 0;
  #visits = 0;
  #isBusy = false;

  constructor(private readonly cast: Cast, private readonly size: QueueSize, private readonly options: LoadOptions) {
    this.#latencies = new Latencies(options.clock);
    this.#workers = Array.from({ length: size.workers }, (_, index) => this.#someWorker(index));
  }

  async measure(): Promise<QueueFigures> {
    const { clock, seconds } = this.options;
    const begun = clock.monotonic();
    await this.#together(HANDS, 'filling the queue', () => this.#asked < this.size.queued, () => this.#ask());
    const asksPerSecond = (1_000 * this.#asked) / (clock.monotonic() - begun);
    let next = 0;
    await this.#together(HANDS, 'workers come for the first time', () => next < this.#workers.length, () => this.#visit(this.#workers[next++]!));
    await this.#for(BUSY_HANDS, seconds * WARM_UP_SHARE, 'pops from a long queue, warming up');
    this.#latencies.open();
    await this.#for(1, seconds, 'pops from a long queue');
    this.#isBusy = true;
    const before = this.#visits;
    const from = clock.monotonic();
    await this.#for(BUSY_HANDS, seconds, 'pops from a long queue, busy');
    this.#latencies.close();
    const { rss } = await this.cast.server.consumption();
    return {
      latencies: this.#latencies.summary(), asksPerSecond, visitsPerSecond: (1_000 * (this.#visits - before)) / (clock.monotonic() - from), rssMib: rss / 2 ** 20,
    };
  }

  #for(hands: number, seconds: number, text: string): Promise<void> {
    const end = this.options.clock.monotonic() + seconds * 1_000;
    return this.#together(hands, text, () => this.options.clock.monotonic() < end, () => this.#visit(pick(this.options.random, this.#workers)));
  }

  async #together(hands: number, text: string, goesOn: () => boolean, work: () => Promise<void>): Promise<void> {
    const { acknowledged, onProgress } = this.options;
    let done = 0;
    await Promise.all(Array.from({ length: hands }, async () => {
      while (goesOn()) {
        await work().catch((error: unknown) => { acknowledged.error(error); });
        done += 1;
        if (done % hands === 0) onProgress(done, text);
      }
    }));
  }

  async #ask(): Promise<void> {
    const payer = this.cast.payers[this.#asked % this.cast.payers.length]!;
    this.#asked += 1;
    const { body: { id } } = await this.cast.client.ask('image', payer.key, this.#someRequest());
    this.options.acknowledged.requests.add(id);
  }

  /** A pop, and what follows from it. */
  async #visit({ owner, declaration, isTiny }: BenchWorker): Promise<void> {
    const { client } = this.cast;
    const { clock, acknowledged } = this.options;
    const start = clock.monotonic();
    const { body: { id } } = await client.pop('image', owner.key, declaration);
    const queue = this.#isBusy ? 'long queue, busy' : 'long queue';
    this.#latencies.add(`${id === null ? 'empty pop' : 'pop'}, ${queue}`, clock.monotonic() - start);
    this.#visits += 1;
    if (id === null) return;
    if (isTiny) throw new Error(`request for job ${id} fits into ${TINY_PIXELS} pixels`);
    await this.#latencies.of(`submit, ${queue}`, () => client.submit('image', owner.key, { id, generation: UPLOADED, seed: 1 }));
    acknowledged.submits.add(id);
    await this.#latencies.of(`request, ${queue}`, () => this.#ask());
  }

  #someRequest(): Fields {
    const { random } = this.options;
    const [width, height] = pick(random, SIZES);
    const models = percent(random, 3) ? [] : [...new Set(Array.from({ length: percent(random, 10) ? 3 : 1 }, () => this.#models[popular(random)]!))];
    return {
      prompt: prompt(random), r2: true, nsfw: percent(random, 40), slow_workers: percent(random, 85), trusted_workers: percent(random, 5), models,
      params: {
        n: 1, width, height, steps: pick(random, STEPS), sampler_name: pick(random, SAMPLERS), karras: percent(random, 70), clip_skip: percent(random, 20) ? 2 : 1,
        ...maybe(random, 40, () => ({ loras: Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({ name: String(Math.floor(random() * 100_000)), model: 1 })) })),
        ...maybe(random, 25, () => ({ post_processing: [pick(random, POST_PROCESSORS)] })),
      },
    };
  }

  #someWorker(index: number): BenchWorker {
    const { random } = this.options;
    const isTiny = index % 2 === 1;
    const known = [...loadReference().images.values()].filter(({ type, inpainting }) => type === 'checkpoint' && !inpainting).map(({ name }) => name);
    const models = known.filter(() => percent(random, 70));
    return {
      owner: this.cast.owners[index % this.cast.owners.length]!, isTiny,
      declaration: {
        name: `queue worker ${index}`, models: models.length === 0 ? known : models, bridge_agent: IMAGE_BRIDGE, nsfw: percent(random, 90),
        max_pixels: isTiny ? TINY_PIXELS : pick(random, [768 * 1_024, 1_024 * 1_024, 1_216 * 1_216, 2_048 * 2_048]), allow_lora: percent(random, 80),
        allow_post_processing: percent(random, 90), blacklist: percent(random, 20) ? CENSORED_WORDS : [],
      },
    };
  }
}

const prompt = (random: Random): string => `a lighthouse over the storm-grey sea, painted with slow light, number ${Math.floor(random() * 1e9)}${percent(random, 5) ? ', with a spider' : ''}`;
