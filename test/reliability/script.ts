import type { AnyEvent, Recorded } from '../../src/kernel/event.js';
import { formatUuid, transactionId } from '../../src/kernel/ids.js';
import { centikudos, kudos } from '../../src/kernel/kudos.js';
import { balanced, posting } from '../../src/kernel/ledger.js';
import { accountDecider } from '../../src/kudos/account.decider.js';
import { Credits } from '../../src/kudos/credits.js';
import { grantDecider } from '../../src/kudos/grant.decider.js';
import { DeciderRunner } from '../../src/platform/commanding/decider-runner.js';
import type { CommandContext, Outcome } from '../../src/platform/commanding/outcome.js';
import { BEGINNING, type EventLog } from '../../src/platform/event-log/event-log.js';
import { NodeFeed } from '../../src/platform/event-log/node-feed.js';
import { SystemTimers } from '../../src/platform/system/system.js';
import { requestDecider } from '../../src/requests/request.decider.js';
import type { SimClock, SimIds } from '../log/sim-log.js';
import { textFacts } from '../support/request-facts.js';
import type { Seeded } from '../support/seeded.js';

const CONTEXT: CommandContext = { actor: { kind: 'system' }, correlationId: '11111111-1111-4111-8111-111111111111' };
const AT = '2026-03-01T12:00:00.000Z';
const POLICY = 1;
const USERS = [2, 3, 4, 5] as const;
const OWNER = 6;
const WORKER = formatUuid(Buffer.alloc(16, 7));
const FUNDS = kudos(100_000);
const PRICE = { price: kudos(4), debit: kudos(5), ownerTrusted: false, things: 80 } as const;
const ACTIVATION = kudos(1);
const ERRANDS = 8;

/** The write side on one log, as one life of a process has it. */
export class House {
  readonly #accounts;
  readonly #grants;
  readonly #requests;
  readonly #credits = new Credits({ creditsElsewhere: () => Promise.resolve({ position: BEGINNING, rows: [] }) });
  readonly #feed: NodeFeed;

  constructor(log: EventLog, parts: { readonly ids: SimIds; readonly clock: SimClock }, private readonly onAcknowledged: (events: readonly Recorded[]) => void) {
    const options = { ...parts, log, node: 'script', cachedStreamsMax: 1_000 };
    this.#accounts = new DeciderRunner(accountDecider, options);
    this.#grants = new DeciderRunner(grantDecider, options);
    this.#requests = new DeciderRunner(requestDecider, options);
    this.#feed = new NodeFeed({ log, timers: new SystemTimers(), logger: { error: () => undefined }, onFatal: (error) => { throw error; } });
    this.#feed.register(this.#credits);
  }

  open(): Promise<void> {
    return this.#feed.start();
  }
  close(): Promise<void> {
    return this.#feed.close();
  }

  async account(user: number, command: Parameters<House['accountOf']>[1]): Promise<void> {
    this.#acknowledge(await this.accountOf(user, command));
  }
  accountOf(user: number, command: Parameters<DeciderRunner<never, Parameters<typeof accountDecider.decide>[0], never, never>['execute']>[1]) {
    return this.#accounts.execute(String(user), command, CONTEXT);
  }
  async grant(id: string, command: Parameters<typeof grantDecider.decide>[0]): Promise<void> {
    this.#acknowledge(await this.#grants.execute(id, command, CONTEXT));
  }
  async request(id: string, command: Parameters<typeof requestDecider.decide>[0], alreadyDone?: string): Promise<void> {
    this.#acknowledge(await this.#requests.execute(id, command, CONTEXT), alreadyDone);
  }
  async isHandedOut(id: string, job: string): Promise<boolean> {
    return (await this.#requests.state(id)).jobs.has(job);
  }

  /** What a debit may rest on: everything that was written before it. */
  async seen(user: number) {
    await this.#feed.waitFor(await this.#feed.head());
    return { creditsElsewhere: this.#credits.of(user), creditsComplete: true };
  }

  #acknowledge<State>(outcome: Outcome<AnyEvent, State, string>, alreadyDone?: string): void {
    if (outcome.outcome === 'appended') this.onAcknowledged(outcome.events);
    if (outcome.outcome === 'refused' && outcome.rc !== alreadyDone) throw new Error(`a command of the script was refused: ${outcome.rc}`);
  }
}

/** One command. Done again with the same ids after it was not answered, it has happened once. */
export type Step = (house: House) => Promise<void>;

/** What each participant does, one step after the other; they do it side by side. */
export const scriptOf = (random: Seeded): readonly (readonly Step[])[] => [
  ...USERS.map((user) => [...opening(user), ...Array.from({ length: ERRANDS }, () => errand(user, random)).flat()]),
  [...opening(OWNER), ...Array.from({ length: ERRANDS }, () => requestOf(0, random)).flat()],
];

const opening = (user: number): Step[] => [
  (house) => house.account(user, { type: 'OpenAccount', accountClass: 'oauth', at: AT, policy: POLICY }),
  (house) => house.grant(transactionId('funds', user), { type: 'GrantAdjustment', txId: transactionId('funds', user), user, amount: FUNDS, by: 'system', at: AT, policy: POLICY }),
];

const errand = (user: number, random: Seeded): Step[] => {
  if (random.chance(0.4)) return [transfer(user, random)];
  return random.chance(0.15) ? unborn(user, random.uuid()) : requestOf(user, random);
};

const NOBODY_SPECIAL = {
  recipientUnknown: false, recipientKeyExpired: false, reversesRecentGift: false, senderSuspicious: false, senderFlagged: false, senderEducation: false, recipientSuspicious: false,
  recipientFlagged: false, recipientEducation: false, recipientDeleted: false, senderDeleted: false, recipientRoom: centikudos(Number.MAX_SAFE_INTEGER),
} as const;

const transfer = (user: number, random: Seeded): Step => {
  const to = random.pick(USERS.filter((other) => other !== user));
  const [txId, amount] = [transactionId('transfer', user, random.uuid()), kudos(random.between(1, 50))];
  return async (house) => house.account(user, {
    type: 'TransferKudos', txId, keyed: true, indexedThrough: Number.MAX_SAFE_INTEGER, to, amount, parties: NOBODY_SPECIAL, at: AT, policy: POLICY, ...(await house.seen(user)),
  });
};

const authorization = (user: number, request: string, jobs: number, isHeld: boolean): Step => async (house) => {
  const quote = kudos(1 + 5 * jobs);
  return house.account(user, {
    type: 'OpenAuthorization', request, kind: 'text', jobs, quote, activation: ACTIVATION, required: isHeld ? quote : kudos(0), flagged: false,
    priorityCap: FUNDS, policy: POLICY, reference: 1, at: AT, ...(await house.seen(user)),
  });
};

/** Authorized, then given up: its price comes back. */
const unborn = (user: number, request: string): Step[] => [
  authorization(user, request, 2, true),
  (house) => house.request(request, { type: 'AbandonRequest', payer: user, at: AT }),
  (house) => house.account(user, { type: 'AbandonAuthorization', request, at: AT, policy: POLICY }),
];

/** From the prompt to the last payment: some jobs are lost once, some requests withdrawn before all is handed out. */
const requestOf = (payer: number, random: Seeded): Step[] => {
  const request = random.uuid();
  const jobs = Array.from({ length: random.between(1, 3) }, () => random.uuid());
  const handedOut = random.chance(0.3) ? jobs.slice(1) : jobs;
  const closesByItself = handedOut.length === jobs.length && random.chance(0.5);
  const ledger = payer === 0 ? balanced(
    { txId: transactionId('activation', request), kind: 'activation', effectiveAt: AT, policy: POLICY },
    [posting('issue:anonymous', -ACTIVATION), posting('burn:activation', ACTIVATION)]) : undefined;
  const facts = textFacts({ request, payer, jobs: jobs.length, activation: ACTIVATION, quote: kudos(1 + 5 * jobs.length), acceptedAt: AT });
  return [
    ...(payer === 0 ? [] : [authorization(payer, request, jobs.length, random.chance(0.5))]),
    (house) => house.request(request, { type: 'AcceptRequest', facts, at: AT, ...(ledger ? { ledger } : {}) }),
    ...(random.chance(0.2) ? lost(request, random.uuid()) : []),
    ...handedOut.flatMap((job) => delivered({ request, job, payer }, closesByItself && job === handedOut.at(-1) ? handedOut : null)),
    (house) => house.request(request, { type: 'CancelRequest', at: AT }),
    ...(payer === 0 ? [] : [(house: House) => house.account(payer, { type: 'CloseAuthorization', request, submitted: handedOut, at: AT, policy: POLICY })]),
  ];
};

const handOut = (request: string, job: string): Step => async (house) => {
  if (await house.isHandedOut(request, job)) return; // it was, and the answer was lost
  await house.request(request, { type: 'AssignJobs', jobs: [job], worker: WORKER, owner: OWNER, model: 'a model', ttlS: 150, extraSlow: false, at: AT });
};
const lost = (request: string, job: string): Step[] => [handOut(request, job), (house) => house.request(request, { type: 'FaultJob', job, at: AT })];

const delivered = ({ request, job, payer }: { request: string; job: string; payer: number }, ended: readonly string[] | null): Step[] => [
  handOut(request, job),
  (house) => house.request(request, { type: 'SubmitJob', job, state: 'ok', result: job, resultHash: null, seed: 1, ...PRICE, policy: POLICY, reference: 1, at: AT }, 'DuplicateGen'),
  ...(payer === 0 ? [] : [async (house: House) => house.account(payer, {
    type: 'SettleJob' as const, request, job, kind: 'text' as const, owner: OWNER, worker: WORKER, model: 'a model', ...PRICE, ended, at: AT, policy: POLICY, ...(await house.seen(payer)),
  })]),
];
