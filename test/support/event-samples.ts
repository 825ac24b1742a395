import type { Personal } from '../../src/kernel/event.js';
import { transactionId } from '../../src/kernel/ids.js';
import { centikudos, kudos } from '../../src/kernel/kudos.js';
import { balanced, escrow, posting, spendable } from '../../src/kernel/ledger.js';
import type { FilterEvent } from '../../src/filters/filter.events.js';
import type { AccountEvent } from '../../src/kudos/account.events.js';
import type { KudosGranted } from '../../src/kudos/grant.events.js';
import type { PolicyEvent } from '../../src/kudos/policy.events.js';
import type { AddressBlockEvent } from '../../src/operations/address-block.events.js';
import type { ModesChanged } from '../../src/operations/modes.events.js';
import type { OutageEvent } from '../../src/outages/outage.events.js';
import type { LedgerEvent } from '../../src/platform/event-log/ledger.events.js';
import type { RequestEvent } from '../../src/requests/request.events.js';
import type { CollectionEvent, StyleEvent, StyleNameEvent } from '../../src/styles/style.events.js';
import type { TeamEvent, TeamNameEvent } from '../../src/teams/team.events.js';
import type { SubjectReserved, UserEvent } from '../../src/users/user.events.js';
import type { WorkerMessageEvent } from '../../src/workers/worker-message.events.js';
import type { WorkerEvent, WorkerNameEvent } from '../../src/workers/worker.events.js';

/** Add the union of a new feature here, and the compiler asks for its specimens. */
type AllEvents =
  | AccountEvent | KudosGranted | LedgerEvent | OutageEvent | PolicyEvent | RequestEvent | StyleEvent | CollectionEvent | StyleNameEvent | TeamEvent | TeamNameEvent | UserEvent | SubjectReserved | WorkerEvent | WorkerNameEvent
  | WorkerMessageEvent | ModesChanged | AddressBlockEvent | FilterEvent;
type Specimens = { readonly [Type in AllEvents['type']]: Extract<AllEvents, { readonly type: Type }> };

// One story: user 7 asks for two images, user 12's worker makes one of them.
const PAYER = 7;
const OWNER = 12;
const request = '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10';
const job = 'a1d7e8f2-5c34-4b6a-9e21-7f80c3d4b5a6';
const worker = '5e2b9d14-7a60-4f83-b1c9-2d8e4f6a0b73';
const style = 'b7a4c1d2-3e5f-4a6b-8c9d-0e1f2a3b4c5d';
const example = 'd0c1b2a3-4e5f-4061-9273-8495a6b7c8d9';
const collection = 'e9f8a7b6-5c4d-4e3f-a2b1-c0d9e8f7a6b5';
const team = 'c3d4e5f6-1a2b-4c3d-8e4f-5a6b7c8d9e0f';
const message = '0f1e2d3c-4b5a-4697-8877-665544332211';
const block = '1a2b3c4d-5e6f-4071-8293-a4b5c6d7e8f9';
const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const at = (second: number): string => `2026-03-01T12:00:${String(second).padStart(2, '0')}.000Z`;
/** As it is stored: the decider's plain text never is. */
const sealed = (subject: string): Personal => ({ subject, sealed: 'AZ3kQmVwX0s1Y2hLbEhZc3VtbWVyTmlnaHRzRHJlYW0tMTIzNDU2Nzg5MA==' });

const activation = transactionId('activation', request);

/**
 * One specimen of every event type that can be in the log. `npm run generate` writes it to test/fixtures/events once; from
 * then on the stored file is the truth, and changing the specimen changes nothing. Imports from `src` only.
 */
export const eventSamples: Specimens = {
  'LedgerFounded.v1': { type: 'LedgerFounded.v1', data: { foundedAt: at(0) } },
  'OutageEnded.v1': { type: 'OutageEnded.v1', data: { from: at(0), until: at(30) } },
  'PolicyAdopted.v1': { type: 'PolicyAdopted.v1', data: {
    version: 1, reference: 1, prices: hash, floors: { oauth: kudos(25), pseudonymous: kudos(14) }, kudosCap: kudos(10_000_000), adoptedAt: at(0),
  } },

  'AccountOpened.v1': { type: 'AccountOpened.v1', data: {
    user: PAYER, accountClass: 'oauth',
    ledger: balanced({ txId: transactionId('opening', PAYER), kind: 'opening', effectiveAt: at(0), policy: 1 }, [posting('issue:opening', -2_500), posting(spendable(PAYER), 2_500)]),
  } },
  'FundsTransferred.v1': { type: 'FundsTransferred.v1', data: {
    from: PAYER, to: OWNER, amount: kudos(12.5), booked: 'gifted',
    ledger: balanced({ txId: transactionId('transfer', PAYER, 'thanks'), kind: 'transfer', effectiveAt: at(1), policy: 1 }, [posting(spendable(PAYER), -1_250), posting(spendable(OWNER), 1_250)]),
  } },
  'AuthorizationOpened.v1': { type: 'AuthorizationOpened.v1', data: {
    user: PAYER, request, kind: 'image', jobs: 2, quote: kudos(23), activation: kudos(3), hold: kudos(20), priority: kudos(1_250), policy: 1, reference: 1, openedAt: at(2),
    ledger: balanced({ txId: activation, kind: 'activation', effectiveAt: at(2), policy: 1 }, [posting(spendable(PAYER), -300), posting('burn:activation', 300)]),
  } },
  'JobSettled.v1': { type: 'JobSettled.v1', data: {
    request, job, kind: 'image', payer: PAYER, owner: OWNER, worker, model: 'stable_diffusion', price: centikudos(901), debit: kudos(10), forgiven: kudos(0), captured: kudos(10),
    spendable: centikudos(451), escrow: kudos(4.5), things: 7_864_320, settledAt: at(9), policy: 1,
    ledger: balanced({ txId: transactionId('job', job), kind: 'generation', effectiveAt: at(9), policy: 1 }, [
      posting(spendable(PAYER), -1_000), posting(spendable(OWNER), 451), posting(escrow(OWNER), 450), posting('burn:settlement', 99),
    ]),
  } },
  'HoldReleased.v1': { type: 'HoldReleased.v1', data: { user: PAYER, request, amount: kudos(10), releasedAt: at(10) } },
  'FormHoldPlaced.v1': { type: 'FormHoldPlaced.v1', data: { user: PAYER, request, job, amount: kudos(5), placedAt: at(4) } },
  'AuthorizationClosed.v1': { type: 'AuthorizationClosed.v1', data: { user: PAYER, request, settled: 1, released: kudos(0), closedAt: at(11) } },
  'TransactionReversed.v1': { type: 'TransactionReversed.v1', data: {
    user: PAYER, request, reason: 'abandoned',
    ledger: balanced({ txId: transactionId('abandoned', request), kind: 'reversal', effectiveAt: at(33), policy: 1, reverses: activation }, [posting('burn:activation', -300), posting(spendable(PAYER), 300)]),
  } },
  'EscrowReleased.v1': { type: 'EscrowReleased.v1', data: {
    user: OWNER, amount: kudos(4.5), releasedAt: at(40),
    ledger: balanced({ txId: transactionId('escrow-release', OWNER, 3), kind: 'evaluation_promotion', effectiveAt: at(40), policy: 1 }, [posting(escrow(OWNER), -450), posting(spendable(OWNER), 450)]),
  } },
  'CapExcessSwept.v1': { type: 'CapExcessSwept.v1', data: {
    user: OWNER, amount: kudos(7), cap: kudos(10_000_000), sweptAt: at(41),
    ledger: balanced({ txId: transactionId('cap-sweep', OWNER, 4), kind: 'overflow', effectiveAt: at(41), policy: 1 }, [posting(spendable(OWNER), -700), posting('pool:commons', 700)]),
  } },
  'BalanceReconciled.v1': { type: 'BalanceReconciled.v1', data: {
    user: OWNER, by: 1, reference: hash, receivable: kudos(0),
    ledger: balanced({ txId: transactionId('reconciliation', OWNER, 'INC-7'), kind: 'reconciliation', effectiveAt: at(42), policy: 1 }, [posting('suspense:reconciliation', -150), posting(spendable(OWNER), 150)]),
  } },
  'BalanceAdjusted.v1': { type: 'BalanceAdjusted.v1', data: {
    user: PAYER, by: 1,
    ledger: balanced({ txId: transactionId('adjustment', PAYER, 'test'), kind: 'admin_adjustment', effectiveAt: at(12), policy: 1 }, [posting(spendable(PAYER), -50), posting('burn:adjustment', 50)]),
  } },

  'KudosGranted.v1': { type: 'KudosGranted.v1', data: {
    user: PAYER, kind: 'monthly', amount: kudos(310_000), by: 'system',
    month: { month: '202602', since: '2026-01-31T08:00:00.000Z', cursor: '2026-02-28T08:00:00.000Z', entitlement: kudos(0), moderator: kudos(300_000), donations: kudos(10_000) },
    grantedAt: at(0), policy: 1,
    ledger: balanced({ txId: transactionId('monthly', PAYER, '202602'), kind: 'monthly', effectiveAt: at(0), policy: 1 }, [posting('issue:monthly', -31_000_000), posting(spendable(PAYER), 31_000_000)]),
  } },
  'DonationOffset.v1': { type: 'DonationOffset.v1', data: {
    user: OWNER, grant: `monthly-${PAYER}-202602`, month: '202603', amount: kudos(310_000), repaid: kudos(200_000), shortfall: kudos(110_000), offsetAt: at(1), policy: 1,
    ledger: balanced({ txId: transactionId('offset', `monthly-${PAYER}-202602`), kind: 'monthly_offset', effectiveAt: at(1), policy: 1 }, [posting(spendable(OWNER), -20_000_000), posting('issue:monthly', 20_000_000)]),
  } },
  'SharedKeyCreated.v1': { type: 'SharedKeyCreated.v1', data: {
    user: PAYER, key: hash, id: sealed(`user:${PAYER}`), name: sealed(`user:${PAYER}`), budget: kudos(5_000), expiresAt: '2026-03-31T12:00:00.000Z',
    limits: { maxImagePixels: 1_048_576, maxImageSteps: -1, maxTextTokens: 0 }, createdAt: at(0),
  } },
  'SharedKeyChanged.v1': { type: 'SharedKeyChanged.v1', data: {
    user: PAYER, key: hash, name: sealed(`user:${PAYER}`), budget: { amount: null, credited: kudos(12.5) }, expiresAt: null,
    limits: { maxImagePixels: -1, maxImageSteps: 50, maxTextTokens: 80 }, changedAt: at(1),
  } },
  'SharedKeyDeleted.v1': { type: 'SharedKeyDeleted.v1', data: { user: PAYER, key: hash, deletedAt: at(2) } },

  'RequestAccepted.v1': { type: 'RequestAccepted.v1', data: {
    request, kind: 'image', payer: PAYER, payerTrusted: false, priority: kudos(1_250), jobs: 2, models: ['stable_diffusion', 'Deliberate'],
    features: {
      width: 512, height: 768, steps: 30, sampler: 'k_euler_a', karras: true, cfgScale: 7.5, denoisingStrength: 0.6, postProcessing: ['GFPGAN'], loras: 1,
      sourceImage: true, sourceProcessing: 'img2img',
    },
    nsfw: false, censorNsfw: true, trustedWorkers: false, validatedBackends: true, slowWorkers: true, extraSlowWorkers: false, workers: [worker],
    workerBlacklist: true, disableBatching: false, r2: true, shared: false, activation: kudos(3), quote: kudos(23), unitPriceMax: centikudos(901),
    policy: 1, reference: 1, contentHash: hash, acceptedAt: at(3),
  } },
  'JobAssigned.v1': { type: 'JobAssigned.v1', data: { request, job, worker, owner: OWNER, model: 'stable_diffusion', ttlS: 150, extraSlow: false, assignedAt: at(4) } },
  'JobSubmitted.v1': { type: 'JobSubmitted.v1', data: {
    request, job, worker, owner: OWNER, model: 'stable_diffusion', state: 'ok', result: 'c0ffee00-1b2c-4d3e-8f90-a1b2c3d4e5f6', resultHash: hash, seed: 4_294_967_295,
    price: centikudos(901), debit: kudos(10), ownerTrusted: false, things: 7_864_320, policy: 1, reference: 1, submittedAt: at(8),
  } },
  'JobFaulted.v1': { type: 'JobFaulted.v1', data: { request, job, worker, faultedAt: at(8) } },
  'JobExpired.v1': { type: 'JobExpired.v1', data: { request, job, worker, expiredAt: at(58) } },
  'RequestCancelled.v1': { type: 'RequestCancelled.v1', data: { request, withdrawn: 1, cancelledAt: at(10) } },
  'RequestFaulted.v1': { type: 'RequestFaulted.v1', data: { request, withdrawn: 2, faultedAt: at(10) } },
  'RequestExpired.v1': { type: 'RequestExpired.v1', data: { request, withdrawn: 1, expiredAt: at(59) } },
  'RequestCompleted.v1': { type: 'RequestCompleted.v1', data: { request, payer: PAYER, outcome: 'cancelled', submitted: [job], completedAt: at(10) } },
  'RequestAbandoned.v1': { type: 'RequestAbandoned.v1', data: { request, payer: PAYER, abandonedAt: at(32) } },

  'UserRegistered.v1': { type: 'UserRegistered.v1', data: { user: PAYER, accountClass: 'oauth', name: sealed(`user:${PAYER}`), registeredAt: at(0) } },
  'ApiKeyIssued.v1': { type: 'ApiKeyIssued.v1', data: { user: PAYER, keyHash: hash, lastFour: 'x4Qz', issuedAt: at(0) } },
  'RolesChanged.v1': { type: 'RolesChanged.v1', data: { user: OWNER, granted: ['trusted'], revoked: ['flagged'], changedAt: at(20) } },
  'UserRenamed.v1': { type: 'UserRenamed.v1', data: { user: PAYER, by: PAYER, name: sealed(`user-${PAYER}`), renamedAt: at(21) } },
  'UserSettingsChanged.v1': { type: 'UserSettingsChanged.v1', data: {
    user: PAYER, by: 1, concurrency: 50, workerInvited: 25, usageMultiplier: 1_500, publicWorkers: true, contact: sealed(`user-${PAYER}`),
    adminComment: sealed(`user-${PAYER}`), changedAt: at(21),
  } },
  'ProxyPasskeyIssued.v1': { type: 'ProxyPasskeyIssued.v1', data: { user: PAYER, by: PAYER, passkey: sealed(`user-${PAYER}`), passkeyHash: hash, issuedAt: at(22) } },
  'MonthlyEntitlementChanged.v1': { type: 'MonthlyEntitlementChanged.v1', data: {
    user: PAYER, by: 1, monthly: kudos(1_000), added: kudos(1_000), grant: transactionId('monthly', PAYER, 'test'), changedAt: at(23),
  } },
  'UserSuspected.v1': { type: 'UserSuspected.v1', data: { user: OWNER, reason: 'UNREASONABLY_FAST', cause: job, worker, suspectedAt: at(24) } },
  'WorkerSuspected.v1': { type: 'WorkerSuspected.v1', data: { worker, owner: OWNER, reason: 'UNREASONABLY_FAST', cause: job, suspectedAt: at(24) } },
  'SuspicionReset.v1': { type: 'SuspicionReset.v1', data: { user: OWNER, by: 1, resetAt: at(25) } },
  'WorkerPaused.v1': { type: 'WorkerPaused.v1', data: { worker, owner: OWNER, on: true, by: 'suspicion', changedAt: at(24) } },
  'PersonalDataErased.v1': { type: 'PersonalDataErased.v1', data: { user: PAYER, by: PAYER, erasedAt: at(59) } },
  'TrustGranted.v1': { type: 'TrustGranted.v1', data: { user: OWNER, escrow: kudos(10_000.5), threshold: kudos(10_000), grantedAt: at(39) } },
  'SubjectReserved.v1': { type: 'SubjectReserved.v1', data: { user: PAYER, reservedAt: at(0) } },

  'TeamCreated.v1': { type: 'TeamCreated.v1', data: { team, owner: PAYER, name: sealed('user-7'), nameHash: hash, info: sealed('user-7'), createdAt: at(30) } },
  'TeamChanged.v1': { type: 'TeamChanged.v1', data: { team, by: PAYER, name: sealed('user-7'), nameHash: hash, info: sealed('user-7'), changedAt: at(31) } },
  'TeamJoined.v1': { type: 'TeamJoined.v1', data: { team, worker, by: OWNER, joinedAt: at(32) } },
  'TeamLeft.v1': { type: 'TeamLeft.v1', data: { team, worker, by: OWNER, leftAt: at(33) } },
  'TeamDeleted.v1': { type: 'TeamDeleted.v1', data: { team, by: PAYER, nameHash: hash, deletedAt: at(34) } },
  'TeamNameReserved.v1': { type: 'TeamNameReserved.v1', data: { team, owner: PAYER, reservedAt: at(30) } },
  'TeamNameReleased.v1': { type: 'TeamNameReleased.v1', data: { team, releasedAt: at(34) } },

  'StyleCreated.v1': { type: 'StyleCreated.v1', data: {
    style, kind: 'image', owner: OWNER, name: sealed(`user-${OWNER}`), nameHash: hash, info: sealed(`user-${OWNER}`), prompt: sealed(`user-${OWNER}`), params: sealed(`user-${OWNER}`),
    public: true, nsfw: false, tags: [sealed(`user-${OWNER}`)], models: ['stable_diffusion'], sharedKey: null,
    parameterPolicy: { override: 'listed', overridable: ['steps'], ceilings: { steps: 30, n: 4 } }, templateFields: sealed(`user-${OWNER}`), createdAt: at(0),
  } },
  'StyleChanged.v1': { type: 'StyleChanged.v1', data: { style, name: sealed(`user-${OWNER}`), nameHash: hash, public: false, sharedKey: { key: hash, id: sealed(`user-${OWNER}`) }, changedAt: at(1) } },
  'StyleDeleted.v1': { type: 'StyleDeleted.v1', data: { style, by: OWNER, deletedAt: at(5) } },
  'StyleExampleAdded.v1': { type: 'StyleExampleAdded.v1', data: { style, example, url: sealed(`user-${OWNER}`), urlHash: hash, primary: true, addedAt: at(2) } },
  'StyleExampleChanged.v1': { type: 'StyleExampleChanged.v1', data: { style, example, url: sealed(`user-${OWNER}`), urlHash: hash, primary: true, changedAt: at(3) } },
  'StyleExampleRemoved.v1': { type: 'StyleExampleRemoved.v1', data: { style, example, promoted: null, removedAt: at(4) } },
  'CollectionCreated.v1': { type: 'CollectionCreated.v1', data: {
    collection, kind: 'image', owner: OWNER, name: sealed(`user-${OWNER}`), nameHash: hash, info: sealed(`user-${OWNER}`), public: true, styles: [style], createdAt: at(0),
  } },
  'CollectionChanged.v1': { type: 'CollectionChanged.v1', data: { collection, styles: [style], kind: 'image', changedAt: at(1) } },
  'CollectionDeleted.v1': { type: 'CollectionDeleted.v1', data: { collection, by: OWNER, deletedAt: at(2) } },
  'StyleNameReserved.v1': { type: 'StyleNameReserved.v1', data: { holder: style, owner: OWNER, reservedAt: at(0) } },
  'StyleNameReleased.v1': { type: 'StyleNameReleased.v1', data: { holder: style, releasedAt: at(5) } },

  'WorkerRegistered.v1': { type: 'WorkerRegistered.v1', data: { worker, kind: 'image', owner: OWNER, name: sealed(`worker:${worker}`), nameHash: hash, registeredAt: at(0) } },
  'WorkerDeclared.v1': { type: 'WorkerDeclared.v1', data: { worker, declaredAt: at(1), declaration: {
    agent: 'AI Horde Worker reGen:11:https://github.com/Haidra-Org/horde-worker-reGen', threads: 2, nsfw: true, models: ['stable_diffusion', 'Deliberate'],
    extraSlow: false, maxPixels: 1_048_576, allowImg2img: true, allowPainting: true, allowUnsafeIp: true, allowPostProcessing: true, allowControlnet: false,
    allowExtendedControlnet: false, allowSdxlControlnet: false, allowLora: true, limitMaxSteps: false, samplerContract: null, maxLength: 512,
    maxContextLength: 2_048, softprompts: [],
  } } },
  'MaintenanceChanged.v1': { type: 'MaintenanceChanged.v1', data: { worker, on: true, message: sealed(`worker:${worker}`), changedAt: at(30) } },
  'WorkerRenamed.v1': { type: 'WorkerRenamed.v1', data: { worker, by: OWNER, name: sealed(`user-${OWNER}`), nameHash: hash, renamedAt: at(31) } },
  'WorkerInfoChanged.v1': { type: 'WorkerInfoChanged.v1', data: { worker, by: OWNER, info: sealed(`user-${OWNER}`), changedAt: at(31) } },
  'WorkerDeleted.v1': { type: 'WorkerDeleted.v1', data: { worker, owner: OWNER, by: OWNER, nameHash: hash, deletedAt: at(32) } },
  'WorkerNameReleased.v1': { type: 'WorkerNameReleased.v1', data: { worker, releasedAt: at(32) } },
  'UptimeAccrued.v1': { type: 'UptimeAccrued.v1', data: { worker, from: at(0), through: '2026-03-01T12:05:03.000Z', accruedMs: 303_000, uptimeMs: 903_000, carriedMs: 3_000 } },
  'UptimeRewarded.v1': { type: 'UptimeRewarded.v1', data: {
    worker, owner: OWNER, kind: 'image', number: 1, amount: kudos(84), spendable: kudos(0), escrow: kudos(84), rewardedAt: '2026-03-01T12:05:03.000Z', policy: 1,
    ledger: balanced({ txId: transactionId('uptime', worker, 1), kind: 'uptime_reward', effectiveAt: '2026-03-01T12:05:03.000Z', policy: 1 }, [posting('issue:uptime', -8_400), posting(escrow(OWNER), 8_400)]),
  } },
  'WorkerNameReserved.v1': { type: 'WorkerNameReserved.v1', data: { worker, kind: 'image', owner: OWNER, reservedAt: at(0) } },
  'WorkerMessagePosted.v1': { type: 'WorkerMessagePosted.v1', data: {
    message, worker, author: OWNER, text: sealed(`user-${OWNER}`), origin: sealed(`user-${OWNER}`), postedAt: at(33), expiresAt: '2026-03-02T00:00:33.000Z',
  } },
  'WorkerMessageDeleted.v1': { type: 'WorkerMessageDeleted.v1', data: { message, by: OWNER, deletedAt: at(34) } },

  'ModesChanged.v1': { type: 'ModesChanged.v1', data: { raid: true, inviteOnly: true, by: 1, changedAt: at(35) } },
  'AddressBlocked.v1': { type: 'AddressBlocked.v1', data: { block, by: 1, worker, until: '2026-03-04T12:00:36.000Z', blockedAt: at(36) } },
  'AddressTimedOut.v1': { type: 'AddressTimedOut.v1', data: { block, offence: 2, until: '2026-03-01T12:09:36.000Z', timedOutAt: at(36) } },
  'AddressUnblocked.v1': { type: 'AddressUnblocked.v1', data: { block, by: 1, unblockedAt: at(37) } },

  'FilterAdded.v1': { type: 'FilterAdded.v1', data: {
    filter: 1, filterType: 20, regex: sealed('filters'), regexHash: hash, description: sealed('filters'), replacement: sealed('filters'), by: 1, addedAt: at(38),
  } },
  'FilterChanged.v1': { type: 'FilterChanged.v1', data: {
    filter: 1, by: 1, filterType: 10, regex: sealed('filters'), regexHash: hash, description: sealed('filters'), replacement: sealed('filters'), changedAt: at(39),
  } },
  'FilterDeleted.v1': { type: 'FilterDeleted.v1', data: { filter: 1, by: 1, deletedAt: at(40) } },
};
