import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { isDeepStrictEqual } from 'node:util';
import { iso } from '../kernel/clock.js';
import { personal } from '../kernel/event.js';
import type { Ids } from '../kernel/ids.js';
import { Serving } from '../outages/serving.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy, type Refused } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { RetryLater } from '../platform/retry-later.js';
import { sanitised } from '../platform/sanitised-text.js';
import type { KnownUser } from '../users/directory.message.js';
import type { SuspicionReason } from '../users/user.events.js';
import { OnUser } from '../users/user.message.js';
import { ArrivalChecks } from './arrival-checks.js';
import { WorkerRegistry, type KnownWorker } from './registry.message.js';
import type { Declaration, WorkerKind } from './worker.events.js';
import { Uptime } from './uptime.js';
import { WorkerNames } from './worker-names.js';
import { OnWorker } from './worker.message.js';
import { popRefusals } from './worker.refusals.js';

/** What a pop says of its worker. */
export interface Arrival {
  readonly kind: WorkerKind;
  /** As sent; cut and trimmed here. */
  readonly name: string;
  /** Where it calls from. */
  readonly ip: string;
  readonly declaration: Declaration;
  /** Why what it declares is not accepted; said once nothing else is wrong, and before anything is written (horde-api C1.5). */
  readonly refused?: Refused;
  /** The worker tests itself: its time is not counted, and nobody is told that it is here. */
  readonly test?: boolean;
}

const NAME_MAX = 100;
const CATCH_UP_MAX_MS = 1_000;
/** horde-rules §1.7: the image that nobody's own machine makes. */
const MAX_PIXELS_EXTREME = 3_072 * 3_072;
const NAME_EXTREME = 200;
/** Some 5 MB; beyond it everybody is judged once more. */
const JUDGED_MAX = 50_000;

@Injectable()
export class CheckInParts {
  constructor(readonly names: WorkerNames, readonly checks: ArrivalChecks, readonly uptime: Uptime, readonly serving: Serving) {}
}

/** A pop is also a worker's registration and its heartbeat (horde-rules §7.1, §7.3). */
@Injectable()
export class CheckIn {
  /** Matters that this process has looked into, whatever came of it. */
  readonly #judged = new Set<string>();

  constructor(
    private readonly registry: WorkerRegistry, private readonly commands: CommandBus, private readonly ports: Ports, private readonly parts: CheckInParts,
  ) {}

  /** The worker that pops, made on first use. @throws Refused in the order of horde-rules §7.1 */
  async arrive(owner: KnownUser, arrival: Arrival): Promise<KnownWorker> {
    const name = sanitised(arrival.name, NAME_MAX);
    const nameHash = this.parts.names.hashOf(name);
    const known = this.registry.byNameHash(nameHash);
    const comer = { kind: arrival.kind, name, nameHash, agent: arrival.declaration.agent, ip: arrival.ip, known };
    const worker = await this.parts.checks.admit(owner, comer, async ({ unsafe }) => {
      if (arrival.refused) throw arrival.refused;
      const admitted = known ?? (await this.#make(owner, { ...arrival, sentLength: arrival.name.trim().length, name }, nameHash));
      if (unsafe) await this.#judge(owner, admitted, 'UNSAFE_IP', () => true);
      return admitted;
    });
    // A name that was welcome when it was registered may not be any more: the list of words grows.
    if (known) await this.#judge(owner, worker, 'WORKER_PROFANITY', () => this.parts.checks.isProfane(name));
    await this.parts.checks.addresses.seen(worker.id, arrival.ip);
    if (arrival.test) this.registry.tested(worker, owner.roles.has('trusted'));
    else await this.#isHere(worker, owner);
    if (!isDeepStrictEqual(worker.declaration, arrival.declaration)) await this.#declare(owner, worker, arrival.declaration);
    return worker;
  }

  /** It is still here, for its call has not ended; false when there is no such worker any more. */
  stayed(worker: KnownWorker, owner: KnownUser, { test }: Pick<Arrival, 'test'>): boolean {
    if (!this.registry.has(worker.id)) return false;
    if (!test) this.registry.seen(worker, this.ports.clock.now(), owner.roles.has('trusted'));
    return true;
  }

  async #isHere(worker: KnownWorker, owner: KnownUser): Promise<void> {
    if (this.registry.isAway(worker, this.ports.clock.now())) await this.parts.serving.confirm(); // nobody was here, if nobody served
    this.registry.seen(worker, this.ports.clock.now(), owner.roles.has('trusted'));
    await this.parts.uptime.called(worker, contextOf(owner, this.ports.ids)); // first: the time until now is worth what was declared until now
  }

  /** Once in the life of this process: the owner's stream counts it once anyway. */
  async #judge(owner: KnownUser, { id }: KnownWorker, reason: SuspicionReason, isGuilty: () => boolean): Promise<void> {
    const matter = `${id} ${reason}`;
    if (this.#judged.has(matter)) return;
    if (isGuilty()) await this.#suspect(owner, id, [reason]);
    if (this.#judged.size >= JUDGED_MAX) this.#judged.clear();
    this.#judged.add(matter);
  }

  async #make(owner: KnownUser, { kind, name, ip, sentLength, declaration }: Newcomer, nameHash: string): Promise<KnownWorker> {
    const context = contextOf(owner, this.ports.ids);
    const at = iso(this.ports.clock.now());
    // The name first: whoever creates its stream has it. If the process dies now, the next pop finds the reserved id.
    const reserved = await this.parts.names.reserve({ nameHash, kind, owner: owner.id, worker: this.ports.ids.uuid() }, context);
    if ('rc' in reserved) throw refusedBy(popRefusals, reserved.rc);
    const id = reserved.worker;
    await this.parts.checks.addresses.seen(id, ip); // before the next newcomer is counted
    // Suspected before it is there: a process that dies between leaves a worker that registers again.
    await this.#suspect(owner, id, [...reasonsOfName(sentLength), ...reasonsOf(declaration, owner)]);
    await this.commands.execute(new OnWorker(id, {
      type: 'RegisterWorker', kind, owner: owner.id, name: personal(`user-${owner.id}`, name), nameHash, declaration, at,
    }, context));
    // Own appends are applied before they are answered; what another node was faster to register comes with the feed.
    return this.registry.byId(id) ?? (await this.#knownElsewhere(id));
  }

  async #suspect(owner: KnownUser, worker: string, reasons: readonly SuspicionReason[]): Promise<void> {
    for (const reason of reasons) {
      const context: CommandContext = { actor: { kind: 'system' }, correlationId: this.ports.ids.uuid() };
      await this.commands.execute(new OnUser(owner.id, { type: 'SuspectWorker', worker, reason, cause: null, at: iso(this.ports.clock.now()) }, context));
    }
  }

  async #knownElsewhere(id: string): Promise<KnownWorker> {
    const { feed } = this.ports;
    await feed.waitFor(await feed.head(), CATCH_UP_MAX_MS);
    const worker = this.registry.byId(id);
    if (!worker) throw new RetryLater('the list of workers is catching up with the log');
    return worker;
  }

  async #declare(owner: KnownUser, worker: KnownWorker, declaration: Declaration): Promise<void> {
    await this.#suspect(owner, worker.id, reasonsOf(declaration, owner));
    await this.commands.execute(new OnWorker(worker.id, { type: 'DeclareWorker', declaration, at: iso(this.ports.clock.now()) }, contextOf(owner, this.ports.ids)));
  }
}

interface Newcomer extends Arrival {
  /** Of the name before it was cut. */
  readonly sentLength: number;
}

const reasonsOfName = (length: number): SuspicionReason[] => [
  ...(length > NAME_MAX ? ['WORKER_NAME_LONG' as const] : []), ...(length > NAME_EXTREME ? ['WORKER_NAME_EXTREME' as const] : []),
];

const reasonsOf = ({ maxPixels }: Declaration, { roles }: KnownUser): SuspicionReason[] =>
  maxPixels > MAX_PIXELS_EXTREME && !roles.has('trusted') ? ['EXTREME_MAX_PIXELS'] : [];

const contextOf = (owner: KnownUser, ids: Ids): CommandContext => ({ actor: { kind: 'user', user: owner.id }, correlationId: ids.uuid() });
