import type { AddressVerdict } from '../operations/address-checks.message.js';
import type { WorkerKind } from './worker.events.js';

/** All that is asked of a worker that comes, before anything is written (horde-rules §7.1). */
export interface ArrivalFacts {
  readonly kind: WorkerKind;
  /** Whose the name is already. */
  readonly known: { readonly kind: WorkerKind; readonly owner: number } | undefined;
  readonly owner: number;
  readonly trusted: boolean;
  /** Trusted, allowed to use VPNs, or a supporter: where its workers are is its own business. */
  readonly vouchedFor: boolean;
  readonly invited: number;
  readonly name: string;
  readonly isNameProfane: boolean;
  readonly isAgentProfane: boolean;
  readonly timedOutS: number;
  readonly verdict: AddressVerdict;
  readonly raid: boolean;
  readonly inviteOnly: boolean;
  /** The owner's, those that are just being registered included. */
  readonly workers: number;
  /** At the same subscriber's addresses, whoever owns them. */
  readonly workersAtAddress: number;
}
export type ArrivalRc =
  | 'PolymorphicNameConflict' | 'TimeoutIP' | 'TooManyNewIPs' | 'UnsafeIP' | 'ProfaneWorkerName' | 'ProfaneBridgeAgent' | 'WorkerInviteOnly' | 'TooManyWorkers'
  | 'TooManyWorkersTrusted' | 'TooManySameIPs' | 'WrongCredentials' | 'BadRequest';

/** In this order. Between two stages something is looked up that costs time, so it is not asked for who is refused anyway. */
export type ArrivalStage = 'place' | 'address' | 'newcomer' | 'crowd' | 'claim';

interface ArrivalRule {
  readonly stage: ArrivalStage;
  readonly rc: ArrivalRc;
  readonly reason?: string;
  readonly fails: (facts: ArrivalFacts) => boolean;
}
export type ArrivalRefusal = Pick<ArrivalRule, 'rc' | 'reason'>;

/** horde-rules §7.1: more than these already; so 4 and 21 fit (Q34, kept). */
const WORKERS_UNTRUSTED_MAX = 3;
const WORKERS_TRUSTED_MAX = 20;
/** The same numbers, for one address. */
const SAME_ADDRESS_UNTRUSTED_MAX = 3;
const SAME_ADDRESS_TRUSTED_MAX = 20;
const FORBIDDEN_NAME = /colab|tpu|google/i;

const isNew = ({ known }: ArrivalFacts): boolean => known === undefined;

const RULES: readonly ArrivalRule[] = [
  { stage: 'place', rc: 'PolymorphicNameConflict', fails: ({ known, kind }) => known !== undefined && known.kind !== kind },
  { stage: 'place', rc: 'TimeoutIP', fails: ({ timedOutS }) => timedOutS > 0 },
  { stage: 'address', rc: 'TooManyNewIPs', fails: ({ vouchedFor, verdict }) => !vouchedFor && verdict === 'unknown' },
  { stage: 'address', rc: 'UnsafeIP', fails: ({ vouchedFor, verdict, raid }) => !vouchedFor && verdict === 'unsafe' && !raid },
  { stage: 'newcomer', rc: 'BadRequest', reason: 'A worker needs a name.', fails: (facts) => isNew(facts) && facts.name === '' },
  { stage: 'newcomer', rc: 'ProfaneWorkerName', fails: (facts) => isNew(facts) && facts.isNameProfane },
  { stage: 'newcomer', rc: 'ProfaneBridgeAgent', fails: (facts) => isNew(facts) && facts.isAgentProfane },
  { stage: 'newcomer', rc: 'BadRequest', reason: 'Worker names must not contain colab, tpu or google.', fails: (facts) => isNew(facts) && FORBIDDEN_NAME.test(facts.name) },
  { stage: 'newcomer', rc: 'WorkerInviteOnly', fails: (facts) => isNew(facts) && facts.inviteOnly && facts.workers >= facts.invited },
  { stage: 'newcomer', rc: 'TooManyWorkers', fails: (facts) => isNew(facts) && !facts.trusted && facts.workers > WORKERS_UNTRUSTED_MAX },
  { stage: 'newcomer', rc: 'TooManyWorkersTrusted', fails: (facts) => isNew(facts) && facts.workers > Math.max(WORKERS_TRUSTED_MAX, facts.invited) },
  { stage: 'crowd', rc: 'TooManySameIPs', fails: (facts) => isNew(facts) && facts.workersAtAddress > Math.max(sameAddressMax(facts), facts.invited) },
  { stage: 'claim', rc: 'WrongCredentials', fails: ({ known, owner }) => known !== undefined && known.owner !== owner },
];

const sameAddressMax = ({ trusted }: ArrivalFacts): number => (trusted ? SAME_ADDRESS_TRUSTED_MAX : SAME_ADDRESS_UNTRUSTED_MAX);

/** The first rule that fails: of one stage, or of all of them. */
export const arrivalRefusal = (facts: ArrivalFacts, stage?: ArrivalStage): ArrivalRefusal | undefined =>
  RULES.find((rule) => (stage === undefined || rule.stage === stage) && rule.fails(facts));
