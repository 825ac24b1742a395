import { agesFromAfter, ageTaken } from '../live-queue/ageing.js';
import { AGEING_CENTIKUDOS_PER_MS } from '../live-queue/priority-key.js';
import { FreeServers } from './free-servers.js';
import type { Asked, Claim, Line, Pool, Scene, Times } from './stage.js';

const AGEING_CENTIKUDOS_PER_S = AGEING_CENTIKUDOS_PER_MS * 1_000;
/** How far ahead is played at most: longer than a request lives that nobody serves (horde-rules §6.2). */
export const HORIZON_S = 1_800;
/** And how far beyond the last hand-out of what waits now: who comes next is compared with what happens then. */
const BEYOND_S = 120;
/** Requests and pools looked at in one rehearsal: a few milliseconds of work. What was not reached is worked out from the pace so far. */
export const STEPS_MAX = 500_000;

/** A line, and who of it waits. */
interface Crew extends Line {
  readonly waiting: Set<Actor>;
}

/** A request in the play. */
class Actor {
  key: number;
  /** Hand-outs left; one stands for `lot` jobs. */
  left: number;
  startS = Infinity;
  doneS = Infinity;
  hasExpired = false;
  #agesFromS: number;

  constructor(readonly asked: Asked, readonly line: Crew) {
    this.key = asked.key;
    this.left = asked.jobs;
    this.#agesFromS = Math.max(asked.acceptedS, asked.agesFromS);
  }

  /** What its key drops by because its payer was served, until this is called again. */
  becomeYounger(): number {
    const fromS = Math.max(this.#agesFromS, this.line.agesFromS);
    const dropped = (fromS - this.#agesFromS) * AGEING_CENTIKUDOS_PER_S;
    this.#agesFromS = fromS;
    return dropped;
  }

  get sinceS(): number {
    return Math.max(this.asked.sinceS, servedAt(this.line));
  }
}

/**
 * Plays dispatch ahead: servers claim by key and by turn what they may serve, as pops do, while such requests come as have
 * come lately. Pure and repeatable. Its claims also answer for a request that was not in the play.
 */
export class Rehearsal {
  readonly #actors = new Map<string, Actor>();
  /** What waits at each point of the play, by pool, and within it the best key first. */
  readonly #waiting = new Map<Pool, Actor[]>();
  /** The same for each server. */
  readonly #lists: Actor[][][];
  /** What waits of users who have workers of their own. */
  readonly #ownRequests: ReadonlyMap<number, Set<Actor>>;
  readonly #claims: Claim[][];
  readonly #counts: Int32Array;
  readonly #lines = new Map<string, Crew>();
  readonly #free = new FreeServers();
  readonly #idle = new Set<number>();
  /** Expected requests, the next one last. */
  readonly #comers: Actor[];
  /** Hand-outs to come of what waits now. */
  #targets = 0;
  #steps = 0;
  #endS = 0;

  constructor(private readonly scene: Scene) {
    const actors = scene.asked.map((asked) => new Actor(asked, this.#lineOf(asked)));
    this.#lists = scene.servers.map(() => []);
    this.#ownRequests = new Map(scene.servers.filter(({ owner }) => owner !== 0).map(({ owner }) => [owner, new Set()]));
    this.#claims = scene.servers.map(() => []);
    // Where a worker is in its cycle of claims is not known: they start spread over it.
    this.#counts = Int32Array.from(scene.servers, (_, index) => index);
    for (const actor of actors) this.#addPool(actor.asked.pool);
    this.#comers = actors.filter(({ asked }) => asked.comesAtS > 0).sort((a, b) => b.asked.comesAtS - a.asked.comesAtS);
    for (const actor of actors) if (actor.asked.comesAtS <= 0) this.#enter(actor);
    scene.servers.forEach(({ freeAtS }, index) => { this.#free.put(index, freeAtS); });
    this.#play();
  }

  /** How far it was played. */
  get endS(): number {
    return this.#endS;
  }

  /** Of a request that was in the play, for itself alone. */
  timesOf(request: string): Times | undefined {
    const actor = this.#actors.get(request);
    if (!actor || actor.asked.lot !== 1) return undefined;
    if (actor.left === 0) return { startS: actor.startS, doneS: actor.doneS };
    if (actor.hasExpired) return { startS: Infinity, doneS: Infinity };
    const lastS = this.#beyond({ pool: actor.asked.pool, key: actor.key }, actor);
    return { startS: Math.min(actor.startS, lastS), doneS: lastS + this.#serviceS(actor.asked) };
  }

  /** Of one that was not: when it would have been served in place of somebody. */
  timesFor(asked: Omit<Asked, 'request' | 'lot' | 'comesAtS'>): Times {
    const openings = this.#openings(asked);
    const startS = openings[0] ?? this.#beyond(asked);
    const last = openings[asked.jobs - 1];
    const perJobS = openings.length > 1 ? (openings.at(-1)! - startS) / (openings.length - 1) : 0;
    const lastS = last ?? startS + perJobS * (asked.jobs - 1);
    return { startS, doneS: lastS + this.#serviceS(asked) };
  }

  #lineOf({ payer, agesFromS }: Asked): Crew {
    let line = this.#lines.get(payer);
    if (!line) this.#lines.set(payer, (line = { servedS: [], agedS: [], agesFromS: -Infinity, waiting: new Set() }));
    line.agesFromS = Math.max(line.agesFromS, agesFromS);
    return line;
  }

  #addPool(pool: Pool): void {
    if (this.#waiting.has(pool)) return;
    const list: Actor[] = [];
    this.#waiting.set(pool, list);
    for (const server of pool.servers) this.#lists[server]!.push(list);
  }

  #enter(actor: Actor): void {
    const { request, account } = actor.asked;
    this.#file(actor);
    this.#ownRequests.get(account)?.add(actor);
    if (request === undefined) return;
    this.#actors.set(request, actor);
    this.#targets += actor.left;
  }

  #play(): void {
    let untilS = HORIZON_S;
    for (let isEnding = false; this.#steps < STEPS_MAX; ) {
      if (!isEnding && this.#targets <= 0) {
        isEnding = true;
        untilS = Math.min(untilS, this.#endS + BEYOND_S);
      }
      const comesAtS = this.#comers.at(-1)?.asked.comesAtS ?? Infinity;
      const atS = Math.min(comesAtS, this.#free.nextAtS);
      if (atS > untilS) break;
      this.#endS = atS;
      if (comesAtS <= this.#free.nextAtS) this.#welcome(this.#comers.pop()!);
      else this.#serve(this.#free.take()!, atS);
    }
    if (this.#steps < STEPS_MAX) this.#endS = untilS;
  }

  /** Whoever is idle and may serve it calls next. */
  #welcome(actor: Actor): void {
    this.#enter(actor);
    let wanted = actor.left * actor.asked.lot;
    for (const server of actor.asked.pool.servers) {
      if (wanted <= 0) return;
      if (!this.#idle.delete(server)) continue;
      this.#free.put(server, actor.asked.comesAtS);
      wanted -= 1;
    }
  }

  #serve(server: number, atS: number): void {
    const { owner, speed, width } = this.scene.servers[server]!;
    const inTurn = this.#isTurn(server);
    const actor = this.#own(server, owner, atS) ?? (inTurn ? this.#longestWaiting(server, atS) : this.#first(server, atS));
    if (!actor) {
      this.#claims[server]!.push({ atS, key: -Infinity, turn: undefined });
      this.#idle.add(server);
      return;
    }
    const { asked } = actor;
    const isOwn = asked.account === owner && owner !== 0;
    if (!isOwn) this.#claims[server]!.push({ atS, key: actor.key, turn: inTurn ? { line: actor.line, sinceS: actor.sinceS } : undefined });
    if (!isOwn) this.#counts[server]! += 1;
    if (!isOwn) this.#age(actor, atS);
    this.#handOut(actor, atS, asked.things / speed);
    this.#free.put(server, atS + (asked.things * asked.lot) / (speed * width));
  }

  /** Takes what it has waited from the age of all that its payer has waiting (ADR 0035). */
  #age({ asked: { acceptedS }, line }: Actor, atS: number): void {
    const agesFromMs = agesFromAfter({ acceptedAtMs: acceptedS * 1_000, agesFromMs: line.agesFromS * 1_000 }, 1, atS * 1_000, this.scene.ageingCreditS * 1_000);
    if (agesFromMs <= line.agesFromS * 1_000) return;
    line.agesFromS = agesFromMs / 1_000;
    this.#steps += line.waiting.size;
    for (const other of [...line.waiting]) {
      const dropped = other.becomeYounger();
      if (dropped === 0) continue;
      this.#unfile(other);
      other.key -= dropped;
      this.#file(other);
    }
  }

  #handOut(actor: Actor, atS: number, serviceS: number): void {
    const { asked } = actor;
    this.#unfile(actor);
    if (actor.startS === Infinity) actor.startS = atS;
    actor.key -= asked.price;
    actor.left -= 1;
    actor.line.servedS.push(atS);
    actor.line.agedS.push(actor.line.agesFromS);
    if (asked.request !== undefined) this.#targets -= 1;
    if (actor.left > 0) return this.#file(actor);
    actor.doneS = atS + serviceS;
    this.#ownRequests.get(asked.account)?.delete(actor);
  }

  #file(actor: Actor): void {
    const waiting = this.#waiting.get(actor.asked.pool)!;
    waiting.splice(placeOf(waiting, actor.key), 0, actor);
    actor.line.waiting.add(actor);
  }

  #unfile(actor: Actor): void {
    const waiting = this.#waiting.get(actor.asked.pool)!;
    waiting.splice(waiting.indexOf(actor), 1);
    actor.line.waiting.delete(actor);
  }

  #isTurn(server: number): boolean {
    const { fairShare } = this.scene;
    return fairShare > 0 && this.#counts[server]! % fairShare === 0;
  }

  /** What the owner asks for comes first. */
  #own(server: number, owner: number, atS: number): Actor | undefined {
    let best: Actor | undefined;
    for (const actor of this.#ownRequests.get(owner) ?? []) {
      if (this.#isOver(actor, atS) || !actor.asked.pool.servers.includes(server)) continue;
      if (!best || actor.key > best.key) best = actor;
    }
    return best;
  }

  /** The best key. */
  #first(server: number, atS: number): Actor | undefined {
    let best: Actor | undefined;
    for (const waiting of this.#lists[server]!) {
      this.#steps += 1;
      while (waiting.length > 0 && this.#isOver(waiting[0]!, atS)) this.#steps += 1;
      const head = waiting[0];
      if (head && (!best || head.key > best.key)) best = head;
    }
    return best;
  }

  /** The best request of the payer who has waited longest. */
  #longestWaiting(server: number, atS: number): Actor | undefined {
    let longest: Actor | undefined;
    for (const waiting of this.#lists[server]!) {
      this.#steps += 1 + waiting.length;
      for (let at = waiting.length - 1; at >= 0; at -= 1) {
        const actor = waiting[at]!;
        if (!this.#isOver(actor, atS) && (!longest || actor.sinceS < longest.sinceS)) longest = actor;
      }
    }
    let best = longest;
    for (const waiting of longest ? this.#lists[server]! : []) {
      const ofLine = waiting.find(({ line }) => line === longest!.line);
      if (ofLine && ofLine.key > best!.key) best = ofLine;
    }
    return best;
  }

  /** Whether it has expired by then: in that case it is gone. */
  #isOver(actor: Actor, atS: number): boolean {
    if (actor.startS < Infinity || Math.max(actor.asked.expiresAtS, servedAt(actor.line) + this.scene.lifeS) > atS) return false;
    actor.hasExpired = true;
    if (actor.asked.request !== undefined) this.#targets -= actor.left;
    this.#unfile(actor);
    this.#ownRequests.get(actor.asked.account)?.delete(actor);
    return true;
  }

  /** When the request would have been given one job after the other, in place of others; an idle server takes all that is left. */
  #openings(asked: Omit<Asked, 'request' | 'lot' | 'comesAtS'>): number[] {
    const { pool, price, sinceS, jobs, things, payer } = asked;
    const found: number[] = [];
    const line = this.#lines.get(payer);
    for (const server of pool.servers) {
      const { speed, width } = this.scene.servers[server]!;
      for (const claim of this.#claims[server]!) {
        if (found.length >= jobs && claim.atS >= found[jobs - 1]!) break;
        if (claim.key === -Infinity) {
          for (let nth = 0; nth < jobs; nth += 1) insert(found, claim.atS + (nth * things) / (speed * width));
          break;
        }
        if (wouldTake(claim, { key: this.#keyAfter(asked, found.length, { atS: claim.atS, line }) - price * found.length, sinceS, line })) insert(found, claim.atS);
      }
    }
    return found;
  }

  /** Of a request that was not in the play, when so many of its jobs are gone, but for their prices. */
  #keyAfter({ key, acceptedS, agesFromS }: Pick<Asked, 'key' | 'acceptedS' | 'agesFromS'>, jobs: number, { atS, line }: { atS: number; line: Line | undefined }): number {
    const [acceptedAtMs, beforeMs] = [acceptedS * 1_000, agesFromS * 1_000];
    const served = line ? countBy(line, atS) : 0;
    const agesFromMs = Math.max(beforeMs, served > 0 ? line!.agedS[served - 1]! * 1_000 : -Infinity);
    const afterMs = jobs === 0 ? agesFromMs : agesFromAfter({ acceptedAtMs, agesFromMs }, jobs, atS * 1_000, this.scene.ageingCreditS * 1_000);
    return key - ageTaken({ acceptedAtMs, agesFromMs: beforeMs }, afterMs);
  }

  /** From the pace at which those who may serve it have served so far all that they may; `except` is no competitor of itself. */
  #beyond({ pool, key }: Pick<Asked, 'pool' | 'key'>, except?: Actor): number {
    const claims = pool.servers.reduce((sum, server) => sum + this.#claims[server]!.length, 0);
    if (claims === 0 || this.#endS === 0) return Infinity;
    let ahead = 0;
    for (const waiting of new Set(pool.servers.flatMap((server) => this.#lists[server]!))) {
      for (const actor of waiting) if (actor !== except && actor.key > key) ahead += actor.left;
    }
    return this.#endS + (ahead * this.#endS) / claims;
  }

  #serviceS({ pool, things }: Pick<Asked, 'pool' | 'things'>): number {
    const speeds = pool.servers.map((server) => this.scene.servers[server]!.speed);
    return speeds.length === 0 ? Infinity : things / (speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length);
  }
}

/** By key, or in somebody else's turn if its payer has waited longer; in its own payer's turn the best key is taken. */
const wouldTake = ({ atS, key, turn }: Claim, other: { readonly key: number; readonly sinceS: number; readonly line: Line | undefined }): boolean => {
  if (!turn || turn.line === other.line) return key < other.key;
  return turn.sinceS > Math.max(other.sinceS, other.line ? servedAt(other.line, atS) : -Infinity);
};

/** When the payer was last served by then; −Infinity: not yet. */
const servedAt = (line: Line, byS = Infinity): number => line.servedS[countBy(line, byS) - 1] ?? -Infinity;

/** Hand-outs by then. */
const countBy = ({ servedS }: Line, byS: number): number => {
  let count = servedS.length;
  while (count > 0 && servedS[count - 1]! > byS) count -= 1;
  return count;
};

/** Behind all whose key is as high. */
const placeOf = (waiting: readonly Actor[], key: number): number => {
  let from = 0;
  for (let to = waiting.length; from < to; ) {
    const middle = (from + to) >> 1;
    if (waiting[middle]!.key >= key) from = middle + 1;
    else to = middle;
  }
  return from;
};

/** Into its place in ascending order. */
const insert = (sorted: number[], value: number): void => {
  let at = sorted.length;
  while (at > 0 && sorted[at - 1]! > value) at -= 1;
  sorted.splice(at, 0, value);
};
