import type { Decider } from '../../src/kernel/decider.js';
import { personal, type AnyEvent } from '../../src/kernel/event.js';
import { transactionId } from '../../src/kernel/ids.js';
import { centikudos, kudos, NO_KUDOS, type Kudos } from '../../src/kernel/kudos.js';
import { balanced, posting, spendable } from '../../src/kernel/ledger.js';
import type { AccountCommand } from '../../src/kudos/account.commands.js';
import { accountDecider } from '../../src/kudos/account.decider.js';
import type { Account } from '../../src/kudos/account.state.js';
import { grantDecider, type GrantCommand } from '../../src/kudos/grant.decider.js';
import type { UserCommand } from '../../src/users/user.commands.js';
import { userDecider } from '../../src/users/user.decider.js';
import { workerDecider, type Worker, type WorkerCommand } from '../../src/workers/worker.decider.js';
import { AlchemyLives } from './history-alchemy.js';
import { Compensations } from './history-compensations.js';
import { RequestLife, type HistoryWorker, type Surroundings, type World } from './history-request.js';
import { HistoryMessages } from './history-messages.js';
import { HistoryStyles } from './history-styles.js';
import { HistoryTeams } from './history-teams.js';
import { declaration } from './request-facts.js';
import { Seeded } from './seeded.js';

export interface HistoryOptions {
  readonly seed: number;
  /** About so many events; the last round is always finished. */
  readonly events: number;
  readonly users?: number;
  readonly workers?: number;
  /** Requests that are under way at the same time. */
  readonly openRequests?: number;
  /** Id of the first user, so that a second history fits behind the first; default 1. */
  readonly firstUser?: number;
}

/** So far from the seed that the ids of the two dice never meet. */
const ALCHEMY_DICE = 1_000_003;
const TEAM_DICE = 4_000_003;
const MESSAGES_DICE = 2_000_003;

/** Users, workers and what they do to each other. Registered ids start at 1; 0 is anonymous. */
export class Economy implements Surroundings {
  readonly random: Seeded;
  private readonly firstUser: number;
  readonly styles: HistoryStyles;
  readonly teams: HistoryTeams;
  private readonly messages: HistoryMessages;
  readonly alchemy: AlchemyLives;
  readonly workers: HistoryWorker[] = [];
  private readonly accounts = new Map<number, Account>();
  private readonly users = new Map<number, ReturnType<typeof userDecider.initialState>>();
  /** Credits from elsewhere, of rounds that are over. */
  private readonly income = new Map<number, number>();
  private readonly escrow = new Map<number, number>();
  private readonly compensations: Compensations;
  /** Months that each user was thanked for, and what of it is to be repaid. */
  private readonly months = new Map<number, number>();
  private readonly issued: { grant: string; month: string; amount: Kudos }[] = [];
  private readonly repayable: { grant: string; month: string; amount: Kudos }[] = [];
  /** Of its own, so that thanks do not change what else happens. */
  private readonly chances: Seeded;
  private readonly workerStates = new Map<string, Worker>();
  private lives: RequestLife[] = [];
  private readonly sharedKeys: { readonly key: string; readonly owner: number }[] = [];
  private readonly sent = new Map<string, Kudos>();
  /** To shared keys, in the round that is not over. */
  private readonly sending = new Map<string, number>();

  constructor(private readonly options: HistoryOptions, readonly world: World) {
    this.random = new Seeded(options.seed);
    this.chances = new Seeded(options.seed + 1);
    this.firstUser = options.firstUser ?? 1;
    this.compensations = new Compensations(options.seed + 1, {
      anybody: (random) => this.firstUser + random.between(0, this.users.size - 1), account: (user, command) => this.account(user, command),
      user: (user, command) => this.decide(userDecider, `user-${user}`, { state: this.users.get(user)!, command }),
      spending: (user) => this.spending(user), escrowed: () => [...this.escrow.keys()], escrowElsewhere: (user) => centikudos(this.escrow.get(user) ?? 0),
    });
    this.styles = new HistoryStyles(options.seed, this);
    this.teams = new HistoryTeams(options.seed + TEAM_DICE, this);
    this.messages = new HistoryMessages(options.seed + MESSAGES_DICE, world);
    this.alchemy = new AlchemyLives(this, options.seed + ALCHEMY_DICE);
  }

  step(): void {
    const { users = 40, workers = 12, openRequests = 60 } = this.options;
    for (let born = 0; born < 20 && this.users.size < users; born++) this.register(this.firstUser + this.users.size);
    for (let born = 0; born < 10 && this.users.size >= users && this.workers.length < workers; born++) this.startWorker();
    if (this.workers.length === 0) return;
    this.lives = this.lives.filter((life) => life.step());
    for (let born = 0; born < 20 && this.lives.length < openRequests; born++) this.lives.push(this.ask());
    if (this.random.chance(0.8)) this.transfer();
    if (this.random.chance(0.5)) this.shareAKey();
    if (this.random.chance(0.3)) this.grant();
    this.repayable.push(...this.issued.splice(0)); // of earlier rounds: those of this one may land in any order
    for (let thanks = this.chances.between(0, 6); thanks > 0; thanks--) this.thank();
    if (this.random.chance(0.1)) this.changeUser();
    if (this.random.chance(0.1)) this.changeWorker();
    this.compensations.step();
    for (const worker of this.workers) if (this.chances.chance(0.2)) this.call(worker);
    this.styles.step([...this.users.keys()]);
    this.messages.step([...this.users.keys()], this.workers.map(({ id }) => id));
    this.alchemy.step([...this.users.keys()]);
    this.teams.step([...this.users.keys()], this.workers);
  }

  /** What the round has put into accounts from outside their own streams. */
  credit(income: ReadonlyMap<number, number>, escrow: ReadonlyMap<number, number>): void {
    for (const [user, amount] of income) this.income.set(user, this.creditsOf(user) + amount);
    for (const [user, amount] of escrow) this.escrow.set(user, (this.escrow.get(user) ?? 0) + amount);
    this.compensations.endOfRound();
    for (const [key, amount] of this.sending) this.sent.set(key, centikudos(this.sentTo(key) + amount));
    this.sending.clear();
  }

  /** Decides, folds and plans; false when refused or nothing was left to do. */
  account(user: number, command: AccountCommand): boolean {
    let account = this.accounts.get(user);
    if (!account) this.accounts.set(user, (account = accountDecider.initialState(String(user))));
    return this.decide(accountDecider, `account-${user}`, { state: account, command });
  }

  /** Evolves the state in place, as all our deciders do. */
  decide<State, Command, Event extends AnyEvent, Rc extends string>(
    decider: Decider<State, Command, Event, Rc>, stream: string, { state, command }: { state: State; command: Command },
  ): boolean {
    const decision = decider.decide(command, state);
    if (decision.outcome === 'refused' || decision.events.length === 0) return false;
    for (const event of decision.events) decider.evolve(state, event);
    this.world.write(stream, decision.events);
    this.compensations.saw(decision.events);
    return true;
  }

  /** What every command that spends brings along. */
  spending(user: number): { at: string; policy: 1; creditsElsewhere: Kudos; creditsComplete: true } {
    return { at: this.world.now(), policy: 1, creditsElsewhere: this.creditsOf(user), creditsComplete: true };
  }

  hasOpen(user: number, request: string): boolean {
    return this.accounts.get(user)?.authorizations.has(request) ?? false;
  }

  sentTo(key: string): Kudos {
    return this.sent.get(key) ?? NO_KUDOS;
  }

  private creditsOf(user: number): Kudos {
    return centikudos(this.income.get(user) ?? 0);
  }

  private anybody(): number {
    return this.firstUser + this.random.between(0, this.users.size - 1);
  }

  private register(user: number): void {
    const at = this.world.now();
    const state = userDecider.initialState(String(user));
    this.users.set(user, state);
    const accountClass = user === this.firstUser ? 'operator' : this.random.pick(['oauth', 'pseudonymous'] as const);
    const command: UserCommand = { type: 'RegisterUser', accountClass, name: personal(`user-${user}`, `Volunteer ${user}`), keyHash: this.keyHash(), lastFour: 'a1b2', at };
    this.decide(userDecider, `user-${user}`, { state, command });
    this.account(user, { type: 'OpenAccount', accountClass, at, policy: 1 });
  }

  private startWorker(): void {
    const random = this.random;
    const worker = { id: random.uuid(), owner: this.anybody(), ownerTrusted: random.chance(0.5), extraSlow: random.chance(0.1) };
    this.workers.push(worker);
    const command: WorkerCommand = {
      type: 'RegisterWorker', kind: 'image', owner: worker.owner, name: personal(`user-${worker.owner}`, `Dreamer ${this.workers.length}`),
      nameHash: this.keyHash(), declaration: declaration({ extraSlow: worker.extraSlow }), at: this.world.now(),
    };
    this.workerStates.set(worker.id, workerDecider.initialState(worker.id));
    this.worker(worker.id, command);
    this.world.write(`workername-${random.uuid()}`, [
      { type: 'WorkerNameReserved.v1', data: { worker: worker.id, kind: 'image', owner: worker.owner, reservedAt: this.world.now() } },
    ]);
  }

  private ask(): RequestLife {
    const kind = this.random.chance(0.7) ? 'image' : 'text';
    if (this.sharedKeys.length > 0 && this.random.chance(0.15)) {
      const { key, owner } = this.random.pick(this.sharedKeys);
      return new RequestLife(this, { payer: owner, kind, sharedKey: key });
    }
    return new RequestLife(this, { payer: this.random.chance(0.2) ? 0 : this.anybody(), kind });
  }

  private transfer(): void {
    const from = this.anybody();
    const target = this.sharedKeys.length > 0 && this.random.chance(0.2) ? this.random.pick(this.sharedKeys) : undefined;
    const amount = centikudos(this.random.between(1, 3_000));
    const isSent = this.account(from, {
      type: 'TransferKudos', ...this.spending(from), txId: this.random.uuid(), keyed: false, indexedThrough: 0, to: target?.owner ?? this.anybody(),
      amount, ...(target ? { sharedKey: target.key } : {}),
      parties: {
        recipientUnknown: false, recipientKeyExpired: false, reversesRecentGift: false, senderSuspicious: false, senderFlagged: false, senderEducation: false, recipientSuspicious: false,
        recipientFlagged: false, recipientEducation: this.random.chance(0.2), recipientDeleted: false, senderDeleted: false, recipientRoom: centikudos(Number.MAX_SAFE_INTEGER),
      },
    });
    if (isSent && target) this.sending.set(target.key, (this.sending.get(target.key) ?? 0) + amount);
  }

  /** Somebody makes a shared key, or thinks again about one. */
  private shareAKey(): void {
    const { random } = this;
    const given = { at: this.world.now(), policy: 1 } as const;
    const budget = random.chance(0.2) ? null : centikudos(random.between(0, 50_000));
    if (this.sharedKeys.length < 3 || random.chance(0.4)) {
      const [owner, key] = [this.anybody(), this.keyHash()];
      const limits = { maxImagePixels: -1, maxImageSteps: 50, maxTextTokens: -1 };
      const isMade = this.account(owner, { type: 'CreateSharedKey', key, id: random.uuid(), name: 'Guests', budget, expiresAt: null, limits, keysMax: 3, ...given });
      if (isMade) this.sharedKeys.push({ key, owner });
      return;
    }
    const { key, owner } = random.pick(this.sharedKeys);
    if (random.chance(0.2)) {
      this.account(owner, { type: 'DeleteSharedKey', key, ...given });
      this.sharedKeys.splice(this.sharedKeys.findIndex((each) => each.key === key), 1);
    } else this.account(owner, {
      type: 'ChangeSharedKey', key, credited: this.sentTo(key), limits: random.chance(0.5) ? { maxTextTokens: 80 } : {}, ...given,
      ...(random.chance(0.5) ? { budget } : {}), ...(random.chance(0.3) ? { name: 'More guests' } : {}),
      ...(random.chance(0.3) ? { expiresAt: random.chance(0.5) ? null : '2036-01-01T00:00:00.000Z' } : {}),
    });
  }

  /** A moderator gives; now and then one takes. */
  private grant(): void {
    const user = this.anybody();
    const key = this.random.uuid();
    const amount = centikudos(this.random.between(100, 100_000));
    if (this.random.chance(0.2)) {
      this.account(user, { type: 'AdjustBalance', ...this.spending(user), txId: transactionId('adjust', key), amount, by: this.firstUser });
      return;
    }
    const ledger = balanced(
      { txId: transactionId('grant', key), kind: 'admin_adjustment', effectiveAt: this.world.now(), policy: 1 },
      [posting('issue:adjustment', -amount), posting(spendable(user), amount)],
    );
    this.world.write(`grant-${key}`, [{ type: 'BalanceAdjusted.v1', data: { user, by: this.firstUser, ledger } }]);
  }

  /** Awards, rewards for ratings, months of thanks and their repayment. */
  private thank(): void {
    const random = this.chances;
    const [user, by, at] = [this.firstUser + random.between(0, this.users.size - 1), this.firstUser, this.world.now()];
    const [amount, txId] = [centikudos(random.between(100, 50_000)), random.uuid()];
    switch (random.pick(['award', 'rating', 'month', 'entitlement', 'repay'] as const)) {
      case 'award': return this.granted(`award-${txId}`, { type: 'GrantAward', txId, user, amount, by, targetFlagged: false, at, policy: 1 });
      case 'rating': return this.granted(`rating-${txId}`, { type: 'GrantRating', user, amount, rating: { request: txId, best: txId, ratings: [] }, at, policy: 1 });
      case 'month': return this.month(user, amount);
      case 'entitlement': {
        const monthly = random.chance(0.4) ? 0 : amount;
        return this.world.write(`user-${user}`, [{ type: 'MonthlyEntitlementChanged.v1', data: { user, by, monthly, added: 0, grant: txId, changedAt: at } }]);
      }
      case 'repay': {
        const next = this.repayable.shift();
        if (next) this.account(this.firstUser, { type: 'OffsetDonation', ...this.spending(this.firstUser), ...next });
      }
    }
  }

  private month(user: number, amount: Kudos): void {
    const [at, count] = [this.world.now(), (this.months.get(user) ?? -1) + 1];
    this.months.set(user, count);
    const cursor = new Date(Date.UTC(2020, count, 15)).toISOString();
    const month = { month: cursor.slice(0, 7).replace('-', ''), since: '2020-01-15T00:00:00.000Z', cursor, entitlement: amount, moderator: centikudos(0), donations: centikudos(0) };
    const grant = `monthly-${user}-${month.month}`;
    this.granted(grant, { type: 'GrantMonthly', txId: transactionId('monthly', user, month.month), user, amount, by: 'system', month, at, policy: 1 });
    this.issued.push({ grant, month: at.slice(0, 7).replace('-', ''), amount });
  }

  private granted(grant: string, command: GrantCommand): void {
    this.decide(grantDecider, `grant-${grant}`, { state: grantDecider.initialState(grant), command });
  }

  private changeUser(): void {
    const user = this.anybody();
    const at = this.world.now();
    const kind = this.random.pick(['key', 'roles', 'roles', 'change', 'suspect'] as const);
    const command = kind === 'key' ? { type: 'IssueApiKey', keyHash: this.keyHash(), lastFour: 'c3d4', at } as const
      : kind === 'roles' ? { type: 'ChangeRoles', roles: { [this.random.pick(['trusted', 'moderator', 'customizer', 'education'] as const)]: this.random.chance(0.6) }, at } as const
      : kind === 'change' ? this.change(user, at) : this.suspicion(user, at);
    this.decide(userDecider, `user-${user}`, { state: this.users.get(user)!, command });
  }

  /** As a PUT may change a user; the entitlement is credited later, or not within the history. */
  private change(user: number, at: string): UserCommand {
    const random = this.random;
    const text = (plain: string) => personal(`user-${user}`, plain);
    return {
      type: 'ChangeUser', by: this.firstUser, at, roles: {}, undelete: false, resetSuspicion: random.chance(0.3),
      settings: {
        ...(random.chance(0.5) ? { concurrency: random.between(0, 500) } : {}), ...(random.chance(0.5) ? { usageMultiplier: random.between(100, 10_000) } : {}),
        ...(random.chance(0.5) ? { publicWorkers: random.chance(0.5) } : {}), ...(random.chance(0.3) ? { contact: text('me@example.org') } : {}),
        ...(random.chance(0.3) ? { adminComment: text('said "hello"') } : {}), workerInvited: random.between(0, 3),
      },
      ...(random.chance(0.3) ? { name: text(`Renamed ${user}`) } : {}),
      ...(random.chance(0.2) ? { passkey: { passkey: text('s3cret'), passkeyHash: this.keyHash() } } : {}),
      ...(random.chance(0.3) ? { monthly: { amount: centikudos(random.between(-50_000, 100_000)), grant: random.uuid() } } : {}),
    };
  }

  private suspicion(user: number, at: string): UserCommand {
    const random = this.random;
    const own = this.workers.filter(({ owner }) => owner === user);
    if (own.length === 0) return { type: 'SuspectUser', reason: random.pick(['USERNAME_LONG', 'CORRUPT_PROMPT'] as const), cause: null, at };
    const worker = random.pick(own).id;
    if (random.chance(0.3)) return { type: 'PauseWorker', worker, on: random.chance(0.5), by: this.firstUser, at };
    return { type: 'SuspectWorker', worker, reason: random.pick(['UNREASONABLY_FAST', 'TOO_MANY_JOBS_ABORTED', 'EXTREME_MAX_PIXELS'] as const), cause: random.uuid(), at };
  }

  private changeWorker(): void {
    const { id, owner } = this.random.pick(this.workers);
    const at = this.world.now();
    const message = this.random.chance(0.5) ? personal(`user-${owner}`, 'Back after "lunch", I hope\u0000') : null;
    const text = personal(`user-${owner}`, `A text ${this.random.between(1, 99)}`);
    const changes: readonly WorkerCommand[] = [
      { type: 'ChangeMaintenance', on: this.random.chance(0.5), message, at },
      { type: 'DeclareWorker', declaration: declaration({ threads: this.random.between(1, 4), models: ['\ud800 {"odd"}'] }), at },
      { type: 'ChangeWorker', by: owner, info: text, at }, { type: 'ChangeWorker', by: owner, name: { name: text, nameHash: this.keyHash() }, at },
    ];
    this.worker(id, this.random.pick(changes));
  }

  /** A worker asks for a job; now and then after it has been away. */
  private call({ id, ownerTrusted }: HistoryWorker): void {
    const at = this.world.now();
    const presentSince = this.chances.chance(0.1) ? at : '2026-01-01T00:00:00.000Z';
    this.worker(id, { type: 'AccrueUptime', presentSince, notBefore: '2026-01-01T00:00:00.000Z', reward: kudos(this.chances.between(52, 600)), ownerTrusted, ...this.teams.stampOf(id), at, policy: 1 });
  }

  private worker(id: string, command: WorkerCommand): void {
    this.decide(workerDecider, `worker-${id}`, { state: this.workerStates.get(id)!, command });
  }

  private keyHash(): string {
    return this.random.uuid().replaceAll('-', '');
  }
}

