import { FAULTS, type Fault } from './network.js';
import { MODELS } from './read-models.js';
import type { Simulated } from './simulation.js';
import { count } from './world.js';

/** Every event that begins an append: where a node can die between two appends of a flow, and an answer can be lost. */
export const FIRST_EVENTS = [
  'UserRegistered.v1', 'ApiKeyIssued.v1', 'RolesChanged.v1', 'AccountOpened.v1', 'WorkerNameReserved.v1', 'WorkerRegistered.v1', 'FundsTransferred.v1',
  'BalanceAdjusted.v1', 'AuthorizationOpened.v1', 'RequestAccepted.v1', 'JobAssigned.v1', 'JobSubmitted.v1', 'JobFaulted.v1', 'JobExpired.v1',
  'JobSettled.v1', 'HoldReleased.v1', 'RequestCancelled.v1', 'RequestExpired.v1', 'RequestAbandoned.v1', 'TransactionReversed.v1', 'AuthorizationClosed.v1',
  'FormHoldPlaced.v1', 'SharedKeyCreated.v1', 'SharedKeyChanged.v1', 'SharedKeyDeleted.v1', 'KudosGranted.v1', 'DonationOffset.v1', 'UptimeAccrued.v1',
  'UserSettingsChanged.v1', 'MonthlyEntitlementChanged.v1', 'PersonalDataErased.v1', 'TeamNameReserved.v1', 'TeamCreated.v1', 'TeamChanged.v1', 'TeamDeleted.v1',
  'TeamJoined.v1', 'TeamLeft.v1', 'TeamNameReleased.v1', 'WorkerDeleted.v1', 'WorkerRenamed.v1', 'WorkerNameReleased.v1',
] as const;

/** What is asked for must also be refused now and then: by the decider, for the caller to look further or for a client to read. */
export const REFUSALS = [
  'account AccountNotOpen', 'account CreditsBehind', 'account DeletedUser', 'account EducationCannotSendKudos', 'account IdempotencyKeyConflict',
  'account InvalidKudosTransferAmount', 'account JobsUnsettled', 'account KudosTransferNotEnough', 'account KudosTransferToAnon', 'account KudosTransferToSelf',
  'account KudosUpfront', 'account NegativeKudosTransfer', 'account SourceAccountFlagged', 'account TargetAccountFlagged', 'account TooFastKudosTransfers',
  'request AbortedGen', 'request AlreadyAbandoned', 'request AlreadyAccepted', 'request DuplicateGen', 'request NothingWaiting', 'request RequestNotFound',
  'account AuthorizationOver', 'account SharedKeyInsufficientKudos', 'account SharedKeyLimits', 'account SharedKeyUnknown', 'account InvalidTargetUsername',
  'grant AestheticsAlreadyExist', 'grant IdempotencyKeyConflict', 'grant InvalidKudosTransferAmount', 'grant KudosAwardToAnon', 'grant NegativeKudosTransfer',
  'grant TargetAccountFlagged', 'request InvalidJobID', 'workername WrongCredentials', 'user UserIdTaken', 'user UserNotFound', 'user CannotDeleteMod', 'user CannotWipeActiveUser', 'user NotUserOrMod', 'teamname NameTaken', 'worker WorkerNotFound', 'team TeamNotFound',
] as const;

/** Where a node dies between two appends, or leaves it open whether it had; the other faults are counted as they come. */
const CRASHES = ['crash before', 'crash after', 'answer lost'] as const satisfies readonly Fault[];
export const CRASH_POINTS: readonly string[] = [
  ...FIRST_EVENTS.flatMap((type) => CRASHES.map((fault) => `${fault} ${type}`)),
  ...MODELS.map((name) => `crash between rows and checkpoint of ${name}`),
];

/** What many seeds have reached together. */
export class Coverage {
  seeds = 0;
  operations = 0;
  events = 0;
  readonly #counts = { types: new Map<string, number>(), commands: new Map<string, number>(), refusals: new Map<string, number>(), faults: new Map<string, number>(), answers: new Map<string, number>() };

  add({ counts, at, events }: Simulated): void {
    this.seeds += 1;
    this.operations += at;
    this.events += events;
    for (const group of Object.keys(this.#counts) as (keyof Simulated['counts'])[]) for (const [name, by] of counts[group]) count(this.#counts[group], name, by);
  }

  get missing(): { readonly crashPoints: readonly string[]; readonly refusals: readonly string[] } {
    return {
      crashPoints: CRASH_POINTS.filter((name) => !this.#counts.faults.has(name)),
      refusals: REFUSALS.filter((name) => !this.#counts.refusals.has(name)),
    };
  }

  /** For people: how often everything happened. */
  table(): string {
    const { faults, refusals, commands, answers } = this.#counts;
    const rows = [...new Set([...FIRST_EVENTS, ...[...faults.keys()].filter((name) => name.endsWith('.v1')).map((name) => name.slice(name.lastIndexOf(' ') + 1))])];
    const width = Math.max(...rows.map(({ length }) => length));
    return [
      `${this.seeds} seeds, ${this.operations} operations, ${this.events} events`,
      '', 'faults at appends, by their first event',
      `${''.padEnd(width)} ${FAULTS.map((fault) => fault.padStart(COLUMN)).join(' ')}`,
      ...rows.map((type) => `${type.padEnd(width)} ${FAULTS.map((fault) => String(faults.get(`${fault} ${type}`) ?? 0).padStart(COLUMN)).join(' ')}`),
      ...MODELS.map((name) => `crash between rows and checkpoint of ${name}: ${faults.get(`crash between rows and checkpoint of ${name}`) ?? 0}`),
      '', 'refusals by deciders', ...listed(refusals, REFUSALS), '', 'commands', ...listed(commands), '', 'refusals that clients read', ...listed(answers),
    ].join('\n');
  }
}

const COLUMN = 20;
const listed = (counts: ReadonlyMap<string, number>, expected: readonly string[] = []): string[] =>
  [...new Set([...expected, ...counts.keys()])].sort().map((name) => `  ${name}: ${counts.get(name) ?? 0}`);
