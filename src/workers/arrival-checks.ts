import { Injectable } from '@nestjs/common';
import { Members } from '../donations/members.message.js';
import { AddressBlocks } from '../operations/address-blocks.message.js';
import { AddressChecks } from '../operations/address-checks.message.js';
import { HordeModes } from '../operations/horde-modes.message.js';
import { refusedBy } from '../platform/http/refusals.js';
import { isPublic, subscriberOf } from '../platform/networks.js';
import { Profanity } from '../platform/profanity.js';
import type { KnownUser } from '../users/directory.message.js';
import { arrivalRefusal, type ArrivalFacts, type ArrivalStage } from './arrival-rules.js';
import { WorkerRegistry, type KnownWorker } from './registry.message.js';
import { Rush } from './rush.js';
import { WorkerAddresses } from './worker-addresses.message.js';
import type { WorkerKind } from './worker.events.js';
import { popRefusals } from './worker.refusals.js';

/** A worker at the door. */
export interface Newcomer {
  readonly kind: WorkerKind;
  /** In the words that will be stored. */
  readonly name: string;
  readonly nameHash: string;
  readonly agent: string;
  readonly ip: string;
  readonly known: KnownWorker | undefined;
}

@Injectable()
export class ArrivalSurroundings {
  constructor(readonly modes: HordeModes, readonly blocks: AddressBlocks, readonly checks: AddressChecks, readonly members: Members) {}
}

/** Every check of a worker that comes, in the order of horde-rules §7.1, before anything is written. */
@Injectable()
export class ArrivalChecks {
  readonly #rush = new Rush();

  constructor(
    private readonly registry: WorkerRegistry, readonly addresses: WorkerAddresses, private readonly profanity: Profanity,
    private readonly around: ArrivalSurroundings,
  ) {}

  /** Lets one in that passes, counted while `enter` works. `unsafe` tells that only a raid has let it pass. @throws Refused */
  async admit<Entered>(owner: KnownUser, comer: Newcomer, enter: (admitted: { readonly unsafe: boolean }) => Promise<Entered>): Promise<Entered> {
    const keys = comer.known ? [] : rushKeys(owner, comer.ip);
    const leave = this.#rush.enter(keys, comer.nameHash);
    try {
      const before = this.#factsOf(owner, comer);
      refuse(before, 'place');
      const facts: ArrivalFacts = { ...before, verdict: before.vouchedFor ? 'safe' : await this.around.checks.verdict(comer.ip) };
      for (const stage of ['address', 'newcomer'] as const) refuse(facts, stage);
      if (!comer.known && isPublic(comer.ip)) refuse({ ...facts, workersAtAddress: await this.#countAt(comer) }, 'crowd');
      refuse(facts, 'claim');
      return await enter({ unsafe: facts.verdict === 'unsafe' });
    } finally {
      leave();
    }
  }

  isProfane(text: string): boolean {
    return this.profanity.isProfane(text);
  }

  #factsOf(owner: KnownUser, { kind, name, nameHash, agent, ip, known }: Newcomer): ArrivalFacts {
    const { modes, blocks, members } = this.around;
    const trusted = owner.roles.has('trusted');
    return {
      kind, known, owner: owner.id, trusted, vouchedFor: trusted || owner.roles.has('vpn') || members.isPatron(owner.id), invited: owner.workerInvited, name,
      // Of who is known already these were asked when it came first.
      isNameProfane: !known && this.isProfane(name), isAgentProfane: !known && this.isProfane(agent),
      timedOutS: blocks.secondsFor(ip), verdict: 'safe', raid: modes.raid, inviteOnly: modes.inviteOnly,
      workers: this.registry.countOf(owner.id) + this.#ahead(ownerKey(owner), nameHash), workersAtAddress: 0,
    };
  }

  /** A row may be there before its worker is registered, or be left by one that was deleted. */
  async #countAt({ ip, nameHash }: Newcomer): Promise<number> {
    const workers = await this.addresses.workersAt(ip);
    return workers.filter((worker) => this.registry.has(worker)).length + this.#ahead(addressKey(ip), nameHash);
  }

  #ahead(key: string, nameHash: string): number {
    return this.#rush.ahead(key, nameHash, (hash) => this.registry.byNameHash(hash) !== undefined);
  }
}

const refuse = (facts: ArrivalFacts, stage: ArrivalStage): void => {
  const refusal = arrivalRefusal(facts, stage);
  if (refusal) throw refusedBy(popRefusals, refusal.rc, { seconds: facts.timedOutS, ...(refusal.reason === undefined ? {} : { reason: refusal.reason }) });
};

const ownerKey = ({ id }: KnownUser): string => `owner ${id}`;
const addressKey = (ip: string): string => `address ${subscriberOf(ip).key}`;
/** Addresses that nobody out there has are the operator's own network, or a proxy's: how many workers are there is nobody's concern. */
const rushKeys = (owner: KnownUser, ip: string): string[] => [ownerKey(owner), ...(isPublic(ip) ? [addressKey(ip)] : [])];
