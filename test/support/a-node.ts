import type { CommandBus } from '@nestjs/cqrs';
import { accountDecider } from '../../src/kudos/account.decider.js';
import { OnAccount } from '../../src/kudos/account.message.js';
import { Credits } from '../../src/kudos/credits.js';
import { Spending } from '../../src/kudos/spending.message.js';
import { Commanding } from '../../src/platform/commanding/commanding.js';
import { BEGINNING } from '../../src/platform/event-log/event-log.js';
import { NodeFeed } from '../../src/platform/event-log/node-feed.js';
import type { Ports } from '../../src/platform/ports.js';
import { Secrets } from '../../src/platform/vault/secrets.js';
import { PRICE_POLICY_1 } from '../../src/pricing/price-policy.js';
import { Pricing } from '../../src/pricing/pricing.js';
import { OpenWork, type OpenWorkSource } from '../../src/requests/open-work.js';
import { RepairParts, Repairs } from '../../src/requests/repairs.reactor.js';
import { requestDecider } from '../../src/requests/request.decider.js';
import { OnRequest } from '../../src/requests/request.message.js';
import { Settling } from '../../src/requests/settling.message.js';
import { NextUserId } from '../../src/users/next-user-id.js';
import { Registration } from '../../src/users/registration.message.js';
import { userDecider } from '../../src/users/user.decider.js';
import { OnUser } from '../../src/users/user.message.js';
import { ManualTimers, SeededIds, SettableClock } from './ports.js';
import type { WatchedLog } from './watched-log.js';

type Rows = Awaited<ReturnType<OpenWorkSource['openWork']>>;
const NO_ROWS: Rows = { position: BEGINNING, authorizations: [], unsettled: [], formHolds: [], unopened: [] };
const context = { actor: { kind: 'system' as const }, correlationId: 'test' };

const runnersOf = (commanding: Commanding) => ({
  account: commanding.runner(accountDecider), request: commanding.runner(requestDecider), user: commanding.runner(userDecider),
});

/** The part of a server that repairs what another left undone: real rules, feed and log; time is the test's. */
export class ANode {
  private static count = 0;
  readonly clock = new SettableClock();
  readonly timers = new ManualTimers();
  readonly fatal: unknown[] = [];
  readonly feed: NodeFeed;
  readonly openWork: OpenWork;
  readonly credits: Credits;
  readonly settling: Settling;
  readonly spending: Spending;
  readonly repairs: Repairs;
  readonly registration: Registration;
  private readonly runners: ReturnType<typeof runnersOf>;

  constructor(readonly log: WatchedLog, rows: Rows = NO_ROWS) {
    ANode.count += 1;
    const { clock, timers } = this;
    const ids = new SeededIds(ANode.count);
    const commanding = new Commanding({ log, ids, clock, node: `node-${ANode.count}` });
    this.runners = runnersOf(commanding);
    this.feed = new NodeFeed({ log, timers, logger: { error: () => undefined }, onFatal: (error) => void this.fatal.push(error) });
    this.openWork = new OpenWork({ openWork: () => Promise.resolve(rows) }, clock);
    this.credits = new Credits({ creditsElsewhere: () => Promise.resolve({ position: BEGINNING, rows: [] }) });
    for (const fold of [this.credits, this.openWork]) this.feed.register(fold);
    const pricing = new Pricing(PRICE_POLICY_1, { version: 1, images: new Map(), texts: new Map() });
    const bus = { execute: (message: unknown) => this.execute(message) } as unknown as CommandBus;
    this.spending = new Spending(bus, this.feed, this.credits);
    this.settling = new Settling(this.spending, bus, clock, pricing);
    const ports = { clock, ids, feed: this.feed, secrets: new Secrets(Buffer.alloc(32, 1)) } as unknown as Ports;
    const nextUserId = new NextUserId({ maxUserId: () => Promise.resolve({ id: 1, position: BEGINNING }) });
    this.registration = new Registration(bus, nextUserId, ports, pricing);
    this.repairs = new Repairs(this.openWork, this.settling, bus, new RepairParts(clock, ids, this.registration));
  }

  /** What the bus does: each message to the runner of its decider. */
  execute(message: unknown): Promise<unknown> {
    if (message instanceof OnAccount) return this.runners.account.execute(String(message.account), message.command, message.context);
    if (message instanceof OnRequest) return this.runners.request.execute(message.request, message.command, message.context);
    if (message instanceof OnUser) return this.runners.user.execute(String(message.user), message.command, message.context);
    throw new Error('nobody here listens to that');
  }

  onAccount(user: number, command: OnAccount['command']) {
    return this.runners.account.execute(String(user), command, context);
  }
  onRequest(request: string, command: OnRequest['command']) {
    return this.runners.request.execute(request, command, context);
  }
  onUser(user: number, command: OnUser['command']) {
    return this.runners.user.execute(String(user), command, context);
  }

  /** The views have seen everything that is in the log. */
  async caughtUp(): Promise<void> {
    if (!(await this.feed.waitFor(await this.log.head()))) throw new Error('the feed has ended');
  }

  /** Time passes, and one round of repairs is made on views that have seen everything. */
  async repairAfter(ms: number): Promise<number> {
    await this.caughtUp();
    this.clock.pass(ms);
    const steps = await this.repairs.round();
    await this.caughtUp();
    return steps;
  }
}
