import { iso } from '../../src/kernel/clock.js';
import { personal, type AnyEvent } from '../../src/kernel/event.js';
import { workerMessageDecider, type WorkerMessage } from '../../src/workers/worker-message.decider.js';
import { Seeded } from './seeded.js';

const HOUR_MS = 3_600_000;

/** Messages to workers, by a dice of their own: what happens in the rest of a history does not depend on them. */
export class HistoryMessages {
  private readonly random: Seeded;
  private messages: WorkerMessage[] = [];

  constructor(seed: number, private readonly world: { now(): string; write(stream: string, events: readonly AnyEvent[]): void }) {
    this.random = new Seeded(seed);
  }

  step(anybody: readonly number[], workers: readonly string[]): void {
    const earlier = this.messages;
    if (this.random.chance(0.9)) this.post(this.random.pick(anybody), this.random.chance(0.3) ? null : this.random.pick(workers));
    if (earlier.length > 5 && this.random.chance(0.15)) this.delete(this.random.pick(earlier));
  }

  private post(author: number, worker: string | null): void {
    const at = this.world.now();
    const initial = workerMessageDecider.initialState(this.random.uuid());
    const written = (text: string) => personal(`user-${author}`, text);
    this.decide(initial, {
      type: 'PostMessage', worker, author, text: written('Please "restart" {now} \\ thank\u0000 you'), origin: written(String(author)),
      expiresAt: iso(Date.parse(at) + this.random.between(1, 720) * HOUR_MS), at,
    });
  }

  private delete(message: WorkerMessage): void {
    this.messages = this.messages.filter(({ id }) => id !== message.id);
    this.decide(message, { type: 'DeleteMessage', by: 1, moderator: true, at: this.world.now() });
  }

  private decide(state: WorkerMessage, command: Parameters<typeof workerMessageDecider.decide>[0]): void {
    const decision = workerMessageDecider.decide(command, state);
    if (decision.outcome === 'refused') throw new Error(`a message was refused: ${decision.rc}`);
    this.world.write(`workermessage-${state.id}`, decision.events);
    const after = decision.events.reduce(workerMessageDecider.evolve, state);
    if (!after.deleted) this.messages = [...this.messages, after];
  }
}
