import { HordeClient, type Person } from '../load/horde-client.js';
import { Latencies, type Summary } from '../load/latencies.js';
import { makeUsers } from '../load/make-users.js';
import { pick } from '../load/workload.js';
import type { BenchServer } from './bench-server.js';
import type { LoadOptions } from './load-options.js';

export interface TransferFigures {
  readonly uniform: TransferRun;
  readonly hot: TransferRun;
  /** Many a call, all of one payer; counted one by one. */
  readonly bulk: TransferRun;
}
export interface TransferRun {
  readonly perSecond: number;
  readonly serverCpuMs: number;
  readonly latency: Summary;
}

/** Givers and takers are different people: a gift that comes straight back is refused (horde-rules §5). */
const GIVERS = 150;
const TAKERS = 150;
const GIVER_KUDOS = 100_000_000;
/** Transfers of one bulk call (design.md §7). */
const BULK = 100;
const WARM_UP_SECONDS = 2;
const CENTIKUDOS = 100;
const PROGRESS_MS = 250;

/** One kudos at a time over HTTP: from anybody to anybody, then all from one payer, whose stream takes one append after another. */
export const benchTransfers = async (server: BenchServer, options: LoadOptions): Promise<TransferFigures> => {
  const client = new HordeClient(server.url);
  try {
    const givers = await makeUsers(client, 'giver', GIVERS, GIVER_KUDOS);
    const takers = await makeUsers(client, 'taker', TAKERS, 25);
    const uniform = await new TransferLoad({ server, client, givers, takers }, options).measure('transfers, everybody');
    const hot = await new TransferLoad({ server, client, givers: givers.slice(0, 1), takers }, options).measure('transfers, one payer');
    const bulk = await new BulkLoad({ server, client, givers: givers.slice(1, 2), takers }, options).measure('bulk transfers, one payer');
    return { uniform, hot, bulk };
  } finally {
    client.close();
  }
};

interface Cast {
  readonly server: BenchServer;
  readonly client: HordeClient;
  readonly givers: readonly Person[];
  readonly takers: readonly Person[];
}

class TransferLoad {
  readonly #latencies: Latencies;
  #done = 0;
  #isOver = false;

  constructor(protected readonly cast: Cast, protected readonly options: LoadOptions) {
    this.#latencies = new Latencies(options.clock);
  }

  async measure(name: string): Promise<TransferRun> {
    const { clients, seconds, clock } = this.options;
    const failed = Promise.race([Promise.all(Array.from({ length: clients }, () => this.#client())).then(() => undefined), this.cast.server.died()]);
    await Promise.race([failed, this.#wait(WARM_UP_SECONDS, `${name}, warming up`)]);
    const [from, before, consumedBefore] = [clock.monotonic(), this.#done, await this.cast.server.consumption()];
    this.#latencies.open();
    await Promise.race([failed, this.#wait(seconds, name)]);
    this.#latencies.close();
    const done = this.#done - before;
    const tookMs = clock.monotonic() - from;
    const { cpuMs } = await this.cast.server.consumption();
    this.#isOver = true;
    await failed;
    const latency = this.#latencies.summary()[0] ?? { name: 'transfer', count: 0, p50Ms: 0, p99Ms: 0 };
    return { perSecond: (done / tookMs) * 1000, serverCpuMs: (cpuMs - consumedBefore.cpuMs) / Math.max(1, done), latency };
  }

  async #wait(seconds: number, text: string): Promise<void> {
    const { clock, timers, onProgress } = this.options;
    const end = clock.monotonic() + seconds * 1000;
    for (let left = end - clock.monotonic(); left > 0; left = end - clock.monotonic()) {
      onProgress(this.#done, text);
      await timers.sleep(Math.min(left, PROGRESS_MS));
    }
  }

  async #client(): Promise<void> {
    while (!this.#isOver) {
      try {
        const done = await this.call(this.#latencies);
        this.#done += done; // read after the wait: others have counted meanwhile
      } catch (error) {
        this.options.acknowledged.error(error);
        await this.options.timers.sleep(PROGRESS_MS); // a server in trouble is not asked again at full speed
      }
    }
  }

  /** Returns how many transfers it was. */
  protected async call(latencies: Latencies): Promise<number> {
    const { random, acknowledged } = this.options;
    const { client, givers, takers } = this.cast;
    const [from, to] = [pick(random, givers), pick(random, takers)];
    await latencies.of('transfer', () => client.transfer(from.key, to.alias, 1));
    acknowledged.transfer(from.id, to.id, CENTIKUDOS);
    return 1;
  }
}

class BulkLoad extends TransferLoad {
  #calls = 0;

  protected override async call(latencies: Latencies): Promise<number> {
    const { random, acknowledged } = this.options;
    const { client, givers, takers } = this.cast;
    const from = pick(random, givers);
    const receivers = Array.from({ length: BULK }, () => pick(random, takers));
    const name = `bulk ${(this.#calls += 1)}`;
    await latencies.of('bulk transfer', () => client.transfers(from.key, name, receivers.map(({ alias }) => ({ username: alias, amount: 1 }))));
    for (const { id } of receivers) acknowledged.transfer(from.id, id, CENTIKUDOS);
    return BULK;
  }
}
