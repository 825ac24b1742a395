import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accept, accepted, assign, cancel, expire, expireJobs, explain, fault, PAYER, REQUEST, second, submit, abandon, takeBack } from '../../test/support/a-request.js';
import { folded, stored } from '../../test/support/given.js';
import { ledgerOf } from '../kernel/event.js';
import { centikudos } from '../kernel/kudos.js';
import type { RequestCommand } from './request.commands.js';
import { FAULTS_MAX, requestDecider, type RequestRc } from './request.decider.js';
import type { RequestEvent } from './request.events.js';
import { LIFE_MS, type Request } from './request.state.js';

/** Something is asked, some time after the step before. */
interface Step {
  readonly command: RequestCommand;
  readonly afterS: number;
}
const JOBS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const job = fc.constantFrom(...JOBS);
const commands: fc.Arbitrary<RequestCommand> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ jobs: fc.subarray(JOBS, { minLength: 1, maxLength: 3 }), extraSlow: fc.boolean() }).map(({ jobs, extraSlow }) => assign(jobs, { extraSlow })) },
  { weight: 6, arbitrary: fc.record({ job, price: fc.integer({ min: 0, max: 2_000 }) }).map(({ job: id, price }) => submit(id, { price: centikudos(price), debit: centikudos(price + 100) })) },
  { weight: 3, arbitrary: job.map(fault) },
  { weight: 2, arbitrary: fc.subarray(JOBS, { minLength: 1, maxLength: 3 }).map((jobs) => takeBack(...jobs)) },
  { weight: 2, arbitrary: fc.constant(expireJobs(second(0))) },
  fc.constant(expire(second(0))), fc.constant<RequestCommand>({ type: 'LoseContent', at: second(0) }), fc.constant(cancel), job.map(explain), fc.constant(accept()), fc.constant(abandon),
);
const steps = fc.array(fc.record({ command: commands, afterS: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(200), fc.constant(1_300)) }), { maxLength: 40, size: 'max' });
const stories = fc.record({ jobs: fc.integer({ min: 1, max: 5 }), payer: fc.constantFrom(0, PAYER), steps });
type Story = typeof stories extends fc.Arbitrary<infer T> ? T : never;

/** What an onlooker counts who sees the events only, and knows no rule. */
class Onlooker {
  waiting = 0;
  pending = new Set<string>();
  submitted: string[] = [];
  lost = 0;
  ended = false;
  completed: RequestEvent | undefined;
  readonly settled: string[] = [];

  see({ type, data }: RequestEvent): void {
    expect(this.completed).toBeUndefined(); // RequestCompleted is always the last event
    switch (type) {
      case 'RequestAccepted.v1': this.waiting = data.jobs; break;
      case 'JobAssigned.v1': this.assigned(data.job); break;
      case 'JobSubmitted.v1': this.leaves(data.job); this.submitted.push(data.job); break;
      case 'JobFaulted.v1': case 'JobExpired.v1': this.leaves(data.job); this.lost += data.unheard ? 0 : 1; this.waiting += this.ended ? 0 : 1; break;
      case 'RequestCancelled.v1': case 'RequestFaulted.v1': case 'RequestExpired.v1': this.withdraw(data.withdrawn); break;
      case 'JobSettled.v1': this.settled.push(data.job); break;
      case 'RequestCompleted.v1': this.completed = { type, data }; break;
      case 'RequestAbandoned.v1': this.ended = true; break;
    }
  }
  private assigned(id: string): void {
    expect(this.ended || this.pending.has(id) || this.submitted.includes(id)).toBe(false);
    this.pending.add(id);
    this.waiting -= 1;
  }
  private leaves(id: string): void {
    expect(this.pending.delete(id)).toBe(true); // whatever ends a job ends a pending one
  }
  private withdraw(count: number): void {
    expect(count).toBe(this.waiting);
    this.waiting = 0;
    this.ended = true;
  }
}

interface Asked {
  readonly command: RequestCommand;
  readonly atMs: number;
  readonly events: readonly RequestEvent[];
  readonly rc: RequestRc | undefined;
}

/** One request, its history, and an onlooker beside it. */
class World {
  readonly onlooker = new Onlooker();
  readonly events: RequestEvent[] = [];
  state: Request = requestDecider.initialState(REQUEST);
  private nowS = 0;

  constructor(jobs: number, payer: number) {
    this.record([accepted(jobs, { payer })]);
  }
  step({ command, afterS }: Step): Asked {
    this.nowS += afterS;
    return this.ask('at' in command ? { ...command, at: second(this.nowS) } : command);
  }
  ask(command: RequestCommand): Asked {
    const decision = requestDecider.decide(command, this.state);
    const events = decision.outcome === 'accepted' ? decision.events : [];
    this.record(events);
    return { command, events, atMs: Date.parse(second(this.nowS)), rc: decision.outcome === 'refused' ? decision.rc : undefined };
  }
  private record(events: readonly RequestEvent[]): void {
    for (const event of events) {
      this.events.push(event);
      this.onlooker.see(event);
      this.state = requestDecider.evolve(this.state, stored(event));
    }
  }
}

const law = (claim: string, holds: (story: Story) => void): void => it(claim, () => fc.assert(fc.property(stories, holds), { numRuns: 500 }));
const afterEach = (story: Story, look: (world: World, asked: Asked) => void): World => {
  const world = new World(story.jobs, story.payer);
  for (const step of story.steps) look(world, world.step(step));
  return world;
};

law('waiting, pending and delivered jobs never exceed what was asked for, and nothing gets lost while it goes on', (story) => {
  afterEach(story, ({ onlooker }) => {
    const inSight = onlooker.waiting + onlooker.pending.size + onlooker.submitted.length;
    expect(onlooker.waiting).toBeGreaterThanOrEqual(0);
    if (onlooker.ended) expect(inSight).toBeLessThanOrEqual(story.jobs);
    else expect(inSight).toBe(story.jobs);
  });
});

law('the rules count as the onlooker does', (story) => {
  afterEach(story, ({ state, onlooker }) => {
    const jobs = [...state.jobs].filter(([, { state: stage }]) => stage === 'pending').map(([id]) => id);
    expect({ waiting: state.waiting, pending: jobs.sort(), faults: state.faults, completed: state.completed }).toEqual({
      waiting: onlooker.waiting, pending: [...onlooker.pending].sort(), faults: onlooker.lost, completed: onlooker.completed !== undefined,
    });
  });
});

law('it completes exactly when nothing is waiting and nothing pending any more, and never reverts', (story) => {
  afterEach(story, ({ onlooker }) => expect(onlooker.completed !== undefined).toBe(onlooker.waiting === 0 && onlooker.pending.size === 0));
});

law('its completion names exactly the delivered jobs, once each, and says how it came to that', (story) => {
  const { onlooker, events } = afterEach(story, () => undefined);
  if (onlooker.completed?.type !== 'RequestCompleted.v1') return;
  const { submitted, outcome, payer } = onlooker.completed.data;
  expect([...submitted].sort()).toEqual([...onlooker.submitted].sort());
  expect(payer).toBe(story.payer);
  const ends = { 'RequestCancelled.v1': 'cancelled', 'RequestFaulted.v1': 'faulted', 'RequestExpired.v1': 'expired' } as const;
  const end = events.find((event): event is RequestEvent & { type: keyof typeof ends } => event.type in ends);
  expect(outcome).toBe(end ? ends[end.type] : 'done');
  if (outcome === 'done') expect(submitted).toHaveLength(story.jobs);
});

law('a registered payer gets back the price of a request whose content was lost, and of no other', (story) => {
  const { onlooker, events } = afterEach(story, () => undefined);
  if (onlooker.completed?.type !== 'RequestCompleted.v1') return;
  const wasLost = events.some((event) => event.type === 'RequestFaulted.v1' && event.data.reason === 'content_lost');
  expect(onlooker.completed.data.refund === true).toBe(wasLost && story.payer !== 0);
});

law('a worker is blamed for what it lost, unless nobody wanted it any more, or it never heard of it', (story) => {
  let isCancelled = false;
  afterEach(story, (_world, { events }) => {
    for (const event of events) {
      if (event.type === 'JobFaulted.v1' || event.type === 'JobExpired.v1') expect(event.data.excused === true).toBe(isCancelled || event.data.unheard === true);
      isCancelled ||= event.type === 'RequestCancelled.v1';
    }
  });
});

law('every job has one end at most: one result, or one loss', (story) => {
  const { events } = afterEach(story, () => undefined);
  const ends = events.flatMap((event) => (['JobSubmitted.v1', 'JobFaulted.v1', 'JobExpired.v1'].includes(event.type) ? [(event.data as { job: string }).job] : []));
  expect(new Set(ends).size).toBe(ends.length);
});

law('anonymous results are paid once each where they are delivered; of a registered payer nothing is settled here', (story) => {
  const { onlooker, events } = afterEach(story, () => undefined);
  expect(onlooker.settled).toEqual(story.payer === 0 ? onlooker.submitted : []);
  for (const { account, amount } of events.flatMap((event) => ledgerOf(event)?.postings ?? []))
    if (account.startsWith('user:')) expect(amount).toBeGreaterThan(0); // I29, I11
});

law('nothing is handed out after the third loss, and the third loss ends it', (story) => {
  afterEach(story, ({ onlooker }, { command, events }) => {
    if (onlooker.lost >= FAULTS_MAX) expect(onlooker.ended).toBe(true);
    if (command.type === 'AssignJobs' && onlooker.ended) expect(events).toEqual([]);
  });
});

law('it never expires while a job is pending, nor within its life since the last sign of it', (story) => {
  let alive = Date.parse(second(0));
  afterEach(story, (_world, { command, events, atMs }) => {
    if (events.some(({ type }) => type === 'JobAssigned.v1' || type === 'JobSubmitted.v1')) alive = atMs;
    if (command.type === 'ExpireRequest' && events.length > 0) expect(atMs - alive).toBeGreaterThanOrEqual(LIFE_MS);
  });
});

law('a job is taken away no earlier than its time', (story) => {
  const { events } = afterEach(story, () => undefined);
  const due = new Map<string, number>();
  for (const { type, data } of events) {
    if (type === 'JobAssigned.v1') due.set(data.job, Date.parse(data.assignedAt) + data.ttlS * 1_000);
    if (type === 'JobExpired.v1') expect(Date.parse(data.expiredAt)).toBeGreaterThanOrEqual(due.get(data.job)!);
  }
});

law('asked again at once, nothing changes', (story) => {
  const world = new World(story.jobs, story.payer);
  for (const step of story.steps) {
    const { command, events, rc } = world.step(step);
    // A second hand-out of the same command is another hand-out only if it names ids that were left over.
    if (rc || (command.type === 'AssignJobs' && events.length < command.jobs.length)) continue;
    expect(world.ask(command).events).toEqual([]);
  }
});

law('folding the stored events gives the state that the rules had', (story) => {
  const { events, state } = afterEach(story, () => undefined);
  expect(folded(requestDecider, REQUEST, events)).toEqual(state);
});
