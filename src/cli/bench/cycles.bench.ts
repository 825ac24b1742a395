import { HordeClient, type Fields, type Kind, type Person } from '../load/horde-client.js';
import { Latencies, type Summary } from '../load/latencies.js';
import { makeUsers } from '../load/make-users.js';
import { pick, popOf, resultOf, someRequest } from '../load/workload.js';
import type { BenchServer, Consumption } from './bench-server.js';
import type { LoadOptions } from './load-options.js';

export interface CycleFigures {
  readonly cycles: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly callsPerCycle: number;
  /** CPU ms for one cycle; PostgreSQL's is undefined where the system does not tell. */
  readonly serverCpuMs: number;
  readonly postgresCpuMs: number | undefined;
  readonly loadCpuMs: number;
  readonly latencies: readonly Summary[];
}

const PAYERS = 300;
const PAYER_KUDOS = 10_000_000;
const WORKERS = 8;
/** Caches and connection pools settle in this time, and most of what V8 compiles (half of it within 8 s, measured); it does not count. */
const WARM_UP_SHARE = 0.3;
const WARM_UP_SECONDS_MIN = 8;
/** A worker that was sent away empty asks again after this, then twice this, and so on; real ones wait a second. */
const IDLE_MS = 5;
const IDLE_MS_MAX = 40;
/** The least and the most that a client waits between two looks. */
const LOOK_MS_MIN = 4;
const LOOK_MS_MAX = 500;
/** A request that nobody serves for so long is an error of the server: every worker here serves every model of its kind. */
const DONE_MAX_MS = 60_000;
/** What a client expects its next request to take: mostly what the ones before took. */
const MEMORY = 0.8;
/** Of a wait whose first look found the result, this much counts: nobody knows for how long it had been there, and who never looks too soon sleeps too long. */
const FOUND_AT_ONCE = 0.7;

/**
 * Full job cycles (design.md §7): clients ask, poll and fetch; workers pop and submit; neither knows of the other. Images and
 * texts half and half, hundreds of payers. Images are handed in as `R2` without an upload: the bytes would measure the disk.
 */
export const benchCycles = async (server: BenchServer, options: LoadOptions): Promise<CycleFigures> => {
  const client = new HordeClient(server.url);
  try {
    return await new CycleRun(server, client, options, await peopleFor(client)).measure();
  } finally {
    client.close();
  }
};

interface People {
  readonly payers: readonly Person[];
  readonly owners: readonly Person[];
}

const peopleFor = async (client: HordeClient): Promise<People> => {
  const payers = await makeUsers(client, 'payer', PAYERS, PAYER_KUDOS);
  return { payers, owners: await makeUsers(client, 'owner', WORKERS, 25) };
};

class CycleRun {
  readonly #latencies: Latencies;
  /** Clients end their cycle and stop; workers go on until the last one is served. */
  #isOver = false;
  #clientsLeft: number;
  #expectedMs = 50;
  #calls = 0;
  #cycles = 0;

  constructor(private readonly server: BenchServer, private readonly client: HordeClient, private readonly options: LoadOptions, private readonly people: People) {
    this.#latencies = new Latencies(options.clock);
    this.#clientsLeft = options.clients;
  }

  async measure(): Promise<CycleFigures> {
    const { clients, seconds } = this.options;
    const workers = Array.from({ length: WORKERS }, (_, index) => this.#worker(index));
    const running = Promise.all([...workers, ...Array.from({ length: clients }, () => this.#client())]);
    const failed = Promise.race([running, this.server.died()]).then(() => undefined);
    await Promise.race([failed, this.#wait(Math.max(WARM_UP_SECONDS_MIN, seconds * WARM_UP_SHARE), 'warming up')]);
    const from = await this.#mark();
    this.#latencies.open();
    await Promise.race([failed, this.#wait(seconds, 'measuring')]);
    this.#latencies.close();
    const to = await this.#mark();
    this.#isOver = true;
    await failed;
    return this.#figures(from, to);
  }

  async #wait(seconds: number, text: string): Promise<void> {
    const { clock, timers, onProgress } = this.options;
    const end = clock.monotonic() + seconds * 1000;
    for (let left = end - clock.monotonic(); left > 0; left = end - clock.monotonic()) {
      onProgress(this.#cycles, `cycles, ${text}`);
      await timers.sleep(Math.min(left, PROGRESS_MS));
    }
  }

  async #mark(): Promise<Mark> {
    const { user, system } = process.cpuUsage();
    const consumed = await this.server.consumption();
    return { at: this.options.clock.monotonic(), cycles: this.#cycles, calls: this.#calls, loadCpuMs: (user + system) / 1000, consumed };
  }

  #figures(from: Mark, to: Mark): CycleFigures {
    const cycles = to.cycles - from.cycles;
    const seconds = (to.at - from.at) / 1000;
    const each = (total: number): number => total / Math.max(1, cycles);
    const postgres = (to.consumed.postgresCpuMs ?? NaN) - (from.consumed.postgresCpuMs ?? NaN);
    return {
      cycles, seconds, perSecond: cycles / seconds, callsPerCycle: each(to.calls - from.calls),
      serverCpuMs: each(to.consumed.cpuMs - from.consumed.cpuMs), postgresCpuMs: Number.isNaN(postgres) ? undefined : each(postgres),
      loadCpuMs: each(to.loadCpuMs - from.loadCpuMs), latencies: this.#latencies.summary(),
    };
  }

  async #client(): Promise<void> {
    const { clock, acknowledged } = this.options;
    while (!this.#isOver) {
      const start = clock.monotonic();
      try {
        await this.#cycle(pick(this.options.random, this.people.payers), this.options.random() < 0.5 ? 'image' : 'text');
        this.#latencies.add('cycle', clock.monotonic() - start);
        this.#cycles += 1;
      } catch (error) {
        acknowledged.error(error);
        await this.options.timers.sleep(IDLE_MS);
      }
    }
    this.#clientsLeft -= 1;
  }

  async #cycle(payer: Person, kind: Kind): Promise<void> {
    const { random, clock, acknowledged } = this.options;
    const { body: { id } } = await this.#call('request', () => this.client.ask(kind, payer.key, someRequest(random, kind)));
    acknowledged.requests.add(id);
    const accepted = clock.monotonic();
    const looks = await this.#untilDone(kind, id);
    const took = (clock.monotonic() - accepted) * (looks === 1 ? FOUND_AT_ONCE : 1);
    this.#expectedMs = MEMORY * this.#expectedMs + (1 - MEMORY) * took;
    const { body } = await this.#call('status', () => this.client.status(kind, id));
    if (body.generations?.length !== 1) throw new Error(`the status of request ${id} is done and shows ${String(body.generations?.length)} results`);
  }

  /** Looks when the result may be there, as far as the requests before can tell. */
  async #untilDone(kind: Kind, id: string): Promise<number> {
    let waitMs = this.#expectedMs * 0.9;
    const deadline = this.options.clock.monotonic() + DONE_MAX_MS;
    for (let looks = 1; ; looks += 1) {
      await this.options.timers.sleep(Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, waitMs)));
      const { body } = await this.#call('poll', () => (kind === 'image' ? this.client.check(id) : this.client.status(kind, id)));
      if (body.faulted) throw new Error(`request ${id} was faulted`);
      if (body.done) return looks;
      if (this.options.clock.monotonic() > deadline) throw new Error(`request ${id} was not done after ${DONE_MAX_MS} ms`);
      waitMs = this.#expectedMs / 3;
    }
  }

  /** Half of them make images. Goes on until the last client has been served. */
  async #worker(index: number): Promise<void> {
    const kind: Kind = index % 2 === 0 ? 'image' : 'text';
    const owner = this.people.owners[index]!;
    const declaration = popOf(kind, `bench worker ${index}`);
    let idleMs = IDLE_MS;
    while (this.#clientsLeft > 0) {
      try {
        const id = await this.#pop(kind, owner, declaration);
        if (id === null) {
          await this.options.timers.sleep(idleMs);
          idleMs = Math.min(IDLE_MS_MAX, 2 * idleMs);
          continue;
        }
        idleMs = IDLE_MS;
        await this.#call('submit', () => this.client.submit(kind, owner.key, resultOf(this.options.random, kind, id)));
        this.options.acknowledged.submits.add(id);
      } catch (error) {
        this.options.acknowledged.error(error);
        await this.options.timers.sleep(IDLE_MS);
      }
    }
  }

  async #pop(kind: Kind, owner: Person, declaration: Fields): Promise<string | null> {
    const start = this.options.clock.monotonic();
    const { body: { id } } = await this.client.pop(kind, owner.key, declaration);
    this.#calls += 1;
    this.#latencies.add(id === null ? 'empty pop' : 'pop', this.options.clock.monotonic() - start);
    return id;
  }

  #call<T>(name: string, call: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    return this.#latencies.of(name, call);
  }
}

interface Mark {
  readonly at: number;
  readonly cycles: number;
  readonly calls: number;
  readonly loadCpuMs: number;
  readonly consumed: Consumption;
}

const PROGRESS_MS = 250;
