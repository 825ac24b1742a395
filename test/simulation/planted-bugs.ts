import type { CommandBus } from '@nestjs/cqrs';
import { MonthlyThanks } from '../../src/donations/monthly-thanks.reactor.js';
import type { Decider } from '../../src/kernel/decider.js';
import type { AnyEvent, Recorded } from '../../src/kernel/event.js';
import { ledgerOf } from '../../src/kernel/event.js';
import { centikudos, NO_KUDOS, times, type Kudos } from '../../src/kernel/kudos.js';
import { posting, userOf, type LedgerTransaction } from '../../src/kernel/ledger.js';
import type { AccountCommand } from '../../src/kudos/account.commands.js';
import type { Account } from '../../src/kudos/account.state.js';
import { Credits } from '../../src/kudos/credits.js';
import type { Grant, GrantCommand } from '../../src/kudos/grant.decider.js';
import { LedgerIndex } from '../../src/kudos/ledger-index.js';
import { PromoteTrusted } from '../../src/kudos/promote-trusted.reactor.js';
import { OnAccount } from '../../src/kudos/account.message.js';
import type { AppendResult } from '../../src/platform/event-log/event-log.js';
import { Refused } from '../../src/platform/http/refusals.js';
import { Repairs } from '../../src/requests/repairs.reactor.js';
import type { RequestCommand } from '../../src/requests/request.commands.js';
import type { Request } from '../../src/requests/request.state.js';
import { Erasures } from '../../src/users/erasures.reactor.js';
import { MonthlyGrants } from '../../src/users/monthly-grants.reactor.js';
import { NodeLog, type Append } from './network.js';
import type { Wiring } from './node.js';
import { SimSnapshots } from './snapshots.js';

/** A mistake that somebody could make, made at the wiring: production knows no switch for any of them. */
export interface PlantedBug {
  readonly name: string;
  readonly wiring: Wiring;
}

type Decide<State, Command> = (command: Command, state: State, honest: (command: Command, state: State) => { outcome: string; events?: readonly AnyEvent[] }) => unknown;

/** Replaces what one decider decides. */
const deciding = <State, Command>(category: string, decide: Decide<State, Command>): Wiring => ({
  decider: <S, C, E extends AnyEvent, Rc extends string>(decider: Decider<S, C, E, Rc>): Decider<S, C, E, Rc> => (decider.category !== category ? decider : {
    ...decider,
    decide: (command, state) => decide(command as unknown as Command, state as unknown as State, decider.decide as never) as ReturnType<typeof decider.decide>,
  }),
});
const account = (decide: Decide<Account, AccountCommand>): Wiring => deciding('account', decide);
const grant = (decide: Decide<Grant, GrantCommand>): Wiring => deciding('grant', decide);
const request = (decide: Decide<Request, RequestCommand>): Wiring => deciding('request', decide);

/** The accepted events of a type, changed. */
const changing = <Data extends object>(type: string, change: (data: Data) => Data | undefined): Decide<unknown, unknown> => (command, state, honest) => {
  const decision = honest(command, state);
  if (decision.outcome !== 'accepted') return decision;
  return { ...decision, events: decision.events!.flatMap((event) => {
    if (event.type !== type) return [event];
    const data = change(event.data as Data);
    return data ? [{ ...event, data }] : [];
  }) };
};

const withPostings = <Data extends { readonly ledger?: LedgerTransaction }>(data: Data, change: (postings: LedgerTransaction['postings']) => LedgerTransaction['postings']): Data =>
  data.ledger ? { ...data, ledger: { ...data.ledger, postings: change(data.ledger.postings) } } : data;

/** As the event is evolved, every node after this one believes it. */
const authorizationsAs = (state: Account, change: (each: Account['authorizations'] extends Map<string, infer One> ? One : never) => object): Account =>
  ({ ...state, authorizations: new Map([...state.authorizations].map(([id, each]) => [id, { ...each, ...change(each) } as never])) });

class CountsItsOwn extends Credits {
  #extra = new Map<number, number>();
  override apply(event: Recorded): void {
    super.apply(event);
    for (const { account: name, amount } of ledgerOf(event)?.postings ?? []) {
      const owner = userOf(name);
      if (owner?.pocket === 'spendable' && amount > 0 && event.stream === `account-${owner.user}`) this.#extra.set(owner.user, (this.#extra.get(owner.user) ?? 0) + amount);
    }
  }
  override of(user: number): Kudos {
    return centikudos(super.of(user) + (this.#extra.get(user) ?? 0));
  }
}
class CountsTwiceAfterARestart extends Credits {
  override async open(): Promise<number> {
    await super.open();
    return -1;
  }
}
class CountsEscrow extends Credits {
  override apply(event: Recorded): void {
    super.apply({ ...event, data: { ...event.data, ledger: ledgerOf(event) && {
      ...ledgerOf(event)!, postings: ledgerOf(event)!.postings.map(({ account: name, amount }) => ({ account: name.replace(':escrow', ':spendable'), amount })),
    } } });
  }
}

class AppendsAnywhere extends NodeLog {
  protected override write({ stream, events }: Append): AppendResult {
    return super.write({ stream, expected: this.headOf(stream), events });
  }
  protected headOf(stream: string): number | 'no_stream' {
    const { length } = this.store.stream(stream);
    return length === 0 ? 'no_stream' : length - 1;
  }
}
class SendsAgainAtTheHead extends AppendsAnywhere {
  protected override write(asked: Append): AppendResult {
    return this.store.write(asked.stream, asked.expected, asked.events);
  }
  protected override unknown({ stream, events }: Append, resolve: (result: AppendResult) => void): void {
    resolve(this.store.write(stream, this.headOf(stream), events));
  }
}
class TakesUnknownForFailed extends NodeLog {
  protected override unknown(_asked: Append, _resolve: unknown, reject: (error: unknown) => void): void {
    reject(new Refused('KudosTransferNotEnough', 400, 'Not enough kudos.'));
  }
}
class TakesUnknownForDone extends NodeLog {
  protected override unknown({ stream, events }: Append, resolve: (result: AppendResult) => void): void {
    resolve({ revision: this.store.stream(stream).length + events.length - 1, position: this.store.headPosition + 1 });
  }
}

class SharesItsSnapshots extends SimSnapshots {
  readonly #states = new Map<string, unknown>();
  override consider(category: string, loaded: Parameters<SimSnapshots['consider']>[1]): void {
    if (!this.#states.has(loaded.stream) && loaded.revision !== 'no_stream') this.#states.set(loaded.stream, { ...loaded });
    super.consider(category, loaded);
  }
  override find(stream: string, stateVersion: number): ReturnType<SimSnapshots['find']> {
    const state = this.#states.get(stream);
    return state ? Promise.resolve(structuredClone(state) as never) : super.find(stream, stateVersion);
  }
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  { name: 'what is held can be spent again', wiring: account((command, state, honest) => honest(command, { ...state, held: NO_KUDOS })) },
  { name: 'a job is settled twice', wiring: account((command, state, honest) => honest(command, command.type === 'SettleJob' ? authorizationsAs(state, () => ({ settled: new Set() })) : state)) },
  { name: 'credits of the account\'s own stream count as credits from elsewhere', wiring: { credits: CountsItsOwn } },
  { name: 'credits from the read model are counted again with the feed', wiring: { credits: CountsTwiceAfterARestart } },
  { name: 'what waits in escrow can be spent', wiring: { credits: CountsEscrow } },
  { name: 'the leg that forgives at the floor is missing', wiring: account((command, state, honest) => changing<{ ledger?: LedgerTransaction }>('JobSettled.v1', (data) => withPostings(data, (postings) => {
    const floor = postings.find(({ account: name }) => name === 'issue:floor');
    if (!floor) return postings;
    return [...postings.filter((each) => each !== floor && each.account !== `user:${state.user}:spendable`),
      posting(`user:${state.user}:spendable`, (postings.find(({ account: name }) => name === `user:${state.user}:spendable`)?.amount ?? 0) + floor.amount)];
  }))(command, state, honest as never)) },
  { name: 'an unknown outcome is answered as a refusal', wiring: { nodeLog: TakesUnknownForFailed } },
  { name: 'an unknown outcome is answered as done', wiring: { nodeLog: TakesUnknownForDone } },
  { name: 'an append of unknown outcome is sent again at the new head', wiring: { nodeLog: SendsAgainAtTheHead } },
  { name: 'appends at any revision', wiring: { nodeLog: AppendsAnywhere } },
  { name: 'a key used again is not recognised', wiring: { ...account((command, state, honest) => honest(command.type === 'TransferKudos' ? { ...command, keyed: false } : command, { ...state, transfers: new Map() })),
    provide: (_injector, world) => { world.models.transfers.set = (() => world.models.transfers); } } },
  { name: 'the floor forgives on credits that lag', wiring: account((command, state, honest) => honest('creditsComplete' in command ? { ...command, creditsComplete: true } : command, state)) },
  { name: 'a cancelled request keeps its hold', wiring: { bus: (bus) => ({
    execute: (message: object) => bus.execute((message instanceof OnAccount && message.command.type === 'ReleaseHold' ? new OnAccount(message.account, { type: 'ReadAccount' }, message.context) : message) as never),
  }) as unknown as CommandBus } },
  { name: 'the end of a request frees nothing', wiring: account(changing('AuthorizationClosed.v1', (data: object) => ({ ...data, released: 0 })) as never) },
  { name: 'an abandoned request is paid back again and again', wiring: account((command, state, honest) => (command.type === 'AbandonAuthorization' ? changing('AuthorizationClosed.v1', () => undefined)(command, state, honest as never) : honest(command, state))) },
  { name: 'an abandoned request is paid back more than it cost', wiring: account(changing<{ ledger: LedgerTransaction }>('TransactionReversed.v1', (data) => withPostings(data, (postings) => postings.map(({ account: name, amount }) => posting(name, amount * 2)))) as never) },
  { name: 'the price of a job is not held to its quote', wiring: request((command, state, honest) => honest(command.type === 'SubmitJob' ? { ...command, price: times(command.price, 9), debit: times(command.debit, 9) } : command, state)) },
  { name: 'the remainder of a split is lost', wiring: account(changing<{ owner: number; ledger?: LedgerTransaction; escrow: number }>('JobSettled.v1', (data) => (data.escrow % 2 === 0 ? data : withPostings({ ...data, escrow: data.escrow - 1 }, (postings) => [
    ...postings.map(({ account: name, amount }) => posting(name, name === `user:${data.owner}:escrow` ? amount - 1 : amount)), posting('burn:overflow', 1),
  ]))) as never) },
  { name: 'a request is abandoned although it came', wiring: request((command, state, honest) => (command.type === 'AbandonRequest' ? honest(command, { ...state, facts: undefined }) : honest(command, state))) },
  { name: 'an authorization closes before its jobs are settled', wiring: account((command, state, honest) => honest(command.type === 'CloseAuthorization' ? { ...command, submitted: [] } : command, state)) },
  { name: 'anonymous use is paid by the worker\'s owner', wiring: request(changing<{ owner: number; payer: number; ledger?: LedgerTransaction }>('JobSettled.v1', (data) => withPostings(data, (postings) => postings.map(({ account: name, amount }) => posting(name === 'issue:anonymous' ? 'user:2:spendable' : name, amount)))) as never) },
  { name: 'a second result of a job is taken', wiring: request((command, state, honest) => honest(command, command.type === 'SubmitJob' || command.type === 'ExplainJob'
    ? { ...state, jobs: new Map([...state.jobs].map(([id, job]) => [id, job.state === 'submitted' ? { ...job, state: 'pending' as const } : job])) } : state)) },
  { name: 'a job that is gone is handed out again', wiring: request((command, state, honest) => honest(command, command.type === 'AssignJobs' ? { ...state, waiting: Math.max(1, state.waiting) } : state)) },
  { name: 'a hold is captured whole by every job', wiring: account((command, state, honest) => changing<{ request: string; captured: number }>('JobSettled.v1', (data) => ({ ...data, captured: state.authorizations.get(data.request)?.hold ?? data.captured }))(command, state, honest as never)) },
  { name: 'rows and checkpoint are not of one transaction', wiring: { provide: (_injector, world) => { world.models.isAtomic = false; } } },
  { name: 'a snapshot shares its state with the account that goes on', wiring: { snapshots: SharesItsSnapshots } },
  { name: 'nobody repairs what a dead node left', wiring: { provide: (injector) => { injector.provide(Repairs, { round: () => Promise.resolve(0) }); } } },
  { name: 'a settlement takes what was frozen for something else', wiring: account((command, state, honest) => honest(command.type === 'SettleJob' ? { ...command, debit: centikudos(command.debit + 1) } : command, state)) },
  { name: 'an account is opened as often as it is asked for', wiring: account((command, state, honest) => honest(command, command.type === 'OpenAccount' ? { ...state, accountClass: undefined } : state)) },
  { name: 'an untrusted owner is credited more than the price', wiring: account(changing<{ owner: number; spendable: number; ledger?: LedgerTransaction }>('JobSettled.v1', (data) => withPostings(data, (postings) => {
    const name = `user:${data.owner}:spendable`;
    return postings.some((each) => each.account === name) ? [...postings.map((each) => (each.account === name ? posting(each.account, each.amount + 1) : each)), posting('issue:makeup', -1)] : postings;
  })) as never) },
  { name: 'a month of thanks is granted as often as it is asked for', wiring: grant((command, state, honest) => honest(command, command.type === 'GrantMonthly' ? {} : state)) },
  { name: 'ratings of a request are rewarded as often as they are given', wiring: grant((command, state, honest) => honest(command, command.type === 'GrantRating' ? {} : state)) },
  { name: 'an award used again is not recognised', wiring: grant((command, state, honest) => honest(command, command.type === 'GrantAward' ? {} : state)) },
  { name: 'ten minutes of uptime are rewarded twice', wiring: deciding<unknown, unknown>('worker', (command, state, honest) => {
    const decision = honest(command, state);
    if (decision.outcome !== 'accepted') return decision;
    return { ...decision, events: decision.events!.flatMap((event) => (event.type === 'UptimeRewarded.v1' ? [event, event] : [event])) };
  }) },
  { name: 'the budget of a shared key is not set aside for a request', wiring: account((command, state, honest) => changing<{ sharedKey?: { key: string; reserved: number } }>('AuthorizationOpened.v1', (data) =>
    (data.sharedKey ? { ...data, sharedKey: { ...data.sharedKey, reserved: 0 } } : data))(command, state, honest as never)) },
  { name: 'a style pays its owner out of nothing', wiring: account((command, state, honest) => changing<{ style?: { owner: number; reward: number }; ledger?: LedgerTransaction }>('JobSettled.v1', (data) =>
    (data.style ? withPostings(data, (postings) => postings.map((each) => (each.account === 'burn:style' ? posting('issue:style', each.amount) : each))) : data))(command, state, honest as never)) },
  { name: 'more is set aside for a form than there is', wiring: account((command, state, honest) => honest(command.type === 'PlaceFormHold' ? { ...command, creditsElsewhere: centikudos(command.creditsElsewhere + 1_000_000) } : command, state)) },
  { name: 'thanks are repaid with what the source does not have', wiring: account((command, state, honest) => honest(command.type === 'OffsetDonation' ? { ...command, creditsElsewhere: centikudos(command.creditsElsewhere + 1_000_000), creditsComplete: true } : command, state)) },
  { name: 'escrow is released twice', wiring: account((command, state, honest) => honest(command, command.type === 'ReleaseEscrow' ? { ...state, ownEscrow: centikudos(0) } : state)) },
  { name: 'the cap takes what is needed for the floor', wiring: account((command, state, honest) => honest(command.type === 'SweepExcess' ? { ...command, cap: centikudos(-1) } : command, { ...state, ...(command.type === 'SweepExcess' ? { held: NO_KUDOS } : {}) })) },
  { name: 'a transaction is taken back twice', wiring: { ...account((command, state, honest) => honest(command, command.type === 'ReverseTransaction' ? { ...state, transfers: new Map() } : state)),
    provide: (injector, world) => { injector.provide(LedgerIndex, {
      find: (txId: string) => Promise.resolve(world.models.transactions.get(txId)), reversalOf: () => Promise.resolve(undefined), reversalByKey: () => Promise.resolve(undefined),
      indexedThrough: () => Promise.resolve(Number.MAX_SAFE_INTEGER), waitFor: () => Promise.resolve(true),
    }); } } },
  { name: 'users are trusted before their time', wiring: deciding<object, { readonly type: string }>('user', (command, state, honest) => honest(command.type === 'GrantTrust' ? { ...command, threshold: centikudos(-1), escrow: centikudos(1) } as never : command, { ...state, registeredAt: '2020-01-01T00:00:00.000Z' })) },
  { name: 'trusted users wait for ever', wiring: { provide: (injector) => { injector.provide(PromoteTrusted, { round: () => Promise.resolve(0) }); } } },
  { name: 'a raised entitlement is never credited', wiring: { provide: (injector) => { injector.provide(MonthlyGrants, { credit: () => Promise.resolve(-1), round: () => Promise.resolve(0) }); } } },
  { name: 'supporters are never thanked', wiring: { provide: (injector) => { injector.provide(MonthlyThanks, { round: () => Promise.resolve(0) }); } } },
  { name: 'whoever was wiped keeps workers and shared keys', wiring: { provide: (injector) => { injector.provide(Erasures, { erase: () => Promise.resolve(), round: () => Promise.resolve(0) }); } } },
  { name: 'a team\'s name is nobody\'s', wiring: {
    decider: <S, C, E extends AnyEvent, Rc extends string>(decider: Decider<S, C, E, Rc>) => (decider.category === 'teamname' ? { ...decider, evolve: (state: S) => state } : decider),
  } },
];
