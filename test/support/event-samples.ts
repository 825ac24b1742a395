import type { Personal } from '../../src/kernel/event.js';
import { transactionId } from '../../src/kernel/ids.js';
import { centikudos, kudos } from '../../src/kernel/kudos.js';
import { balanced, escrow, posting, spendable } from '../../src/kernel/ledger.js';
import type { AccountEvent } from '../../src/kudos/account.events.js';
import type { PolicyEvent } from '../../src/kudos/policy.events.js';
import type { LedgerEvent } from '../../src/platform/event-log/ledger.events.js';
import type { RequestEvent } from '../../src/requests/request.events.js';
import type { SubjectReserved, UserEvent } from '../../src/users/user.events.js';
import type { WorkerEvent, WorkerNameReserved } from '../../src/workers/worker.events.js';

/** Add the union of a new feature here, and the compiler asks for its specimens. */
type AllEvents = AccountEvent | LedgerEvent | PolicyEvent | RequestEvent | UserEvent | SubjectReserved | WorkerEvent | WorkerNameReserved;
type Specimens = { readonly [Type in AllEvents['type']]: Extract<AllEvents, { readonly type: Type }> };

// One story: user 7 asks for two images, user 12's worker makes one of them.
const PAYER = 7;
const OWNER = 12;
const request = '3f6c1a52-9b1e-4c57-8a43-0d2f6e7b9c10';
const job = 'a1d7e8f2-5c34-4b6a-9e21-7f80c3d4b5a6';
const worker = '5e2b9d14-7a60-4f83-b1c9-2d8e4f6a0b73';
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
  'BalanceAdjusted.v1': { type: 'BalanceAdjusted.v1', data: {
    user: PAYER, by: 1,
    ledger: balanced({ txId: transactionId('adjustment', PAYER, 'test'), kind: 'admin_adjustment', effectiveAt: at(12), policy: 1 }, [posting(spendable(PAYER), -50), posting('burn:adjustment', 50)]),
  } },

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
  'SubjectReserved.v1': { type: 'SubjectReserved.v1', data: { user: PAYER, reservedAt: at(0) } },

  'WorkerRegistered.v1': { type: 'WorkerRegistered.v1', data: { worker, kind: 'image', owner: OWNER, name: sealed(`worker:${worker}`), nameHash: hash, registeredAt: at(0) } },
  'WorkerDeclared.v1': { type: 'WorkerDeclared.v1', data: { worker, declaredAt: at(1), declaration: {
    agent: 'AI Horde Worker reGen:11:https://github.com/Haidra-Org/horde-worker-reGen', threads: 2, nsfw: true, models: ['stable_diffusion', 'Deliberate'],
    extraSlow: false, maxPixels: 1_048_576, allowImg2img: true, allowPainting: true, allowUnsafeIp: true, allowPostProcessing: true, allowControlnet: false,
    allowExtendedControlnet: false, allowSdxlControlnet: false, allowLora: true, limitMaxSteps: false, samplerContract: null, maxLength: 512,
    maxContextLength: 2_048, softprompts: [],
  } } },
  'MaintenanceChanged.v1': { type: 'MaintenanceChanged.v1', data: { worker, on: true, message: sealed(`worker:${worker}`), changedAt: at(30) } },
  'WorkerNameReserved.v1': { type: 'WorkerNameReserved.v1', data: { worker, kind: 'image', owner: OWNER, reservedAt: at(0) } },
};
