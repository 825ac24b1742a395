import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { minus, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { Adjusting } from '../kudos/adjusting.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { Ports } from '../platform/ports.js';
import { UserDirectory, type KnownUser } from './directory.message.js';
import { Registration } from './registration.message.js';
import { OnSubject, OnUser } from './user.message.js';

export interface TestUserAsked {
  readonly username: string;
  readonly oauthId: string;
  readonly moderator: boolean;
  readonly trusted: boolean;
  /** Spendable kudos it shall have; null leaves them as they are. */
  readonly kudos: Kudos | null;
}
export interface TestUser {
  readonly user: KnownUser;
  readonly apiKey: string;
  readonly created: boolean;
  readonly balance: Kudos;
  readonly position: number;
}

const SYSTEM = { kind: 'system' } as const;

@Injectable()
export class TestUserParts {
  constructor(readonly commands: CommandBus, readonly ports: Ports) {}
}

/** Users for tests and walk-throughs: made or refreshed by their sign-in subject, with a new key each time (horde-api C17.1). */
@Injectable()
export class TestUsers {
  /** The newest call for each subject: two at a time would make two users of it. */
  readonly #turns = new Map<string, Promise<TestUser>>();

  constructor(
    private readonly registration: Registration, private readonly adjusting: Adjusting, private readonly directory: UserDirectory, private readonly parts: TestUserParts,
  ) {}

  async make(asked: TestUserAsked): Promise<TestUser> {
    const earlier = this.#turns.get(asked.oauthId);
    const next = (): Promise<TestUser> => this.#make(asked);
    const turn = earlier ? earlier.then(next, next) : next();
    this.#turns.set(asked.oauthId, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(asked.oauthId) === turn) this.#turns.delete(asked.oauthId);
    }
  }

  async #make(asked: TestUserAsked): Promise<TestUser> {
    const context: CommandContext = { actor: SYSTEM, correlationId: this.parts.ports.ids.uuid() };
    const { id, apiKey, created, position } = await this.#subject(asked, context);
    const { commands, ports: { clock } } = this.parts;
    const changed = await commands.execute(new OnUser(id, {
      type: 'ChangeRoles', roles: { moderator: asked.moderator, trusted: asked.trusted || asked.moderator }, at: iso(clock.now()),
    }, context));
    const rolesAt = changed.outcome === 'appended' ? changed.position : -1;
    const adjusted = await this.#setKudos(id, asked.kudos, context);
    const user = await this.directory.byId(id);
    if (!user) throw new Error(`test user ${id} is not known`);
    return { user, apiKey, created, balance: adjusted.balance, position: Math.max(position, rolesAt, adjusted.position) };
  }

  async #subject({ username, oauthId }: TestUserAsked, context: CommandContext): Promise<{ id: number; apiKey: string; created: boolean; position: number }> {
    const hash = this.parts.ports.secrets.keyedHash('subject', oauthId);
    const known = await this.parts.commands.execute(new OnSubject(hash, { type: 'FindSubject' }, context));
    if (known.state.user !== undefined) return { ...(await this.#anotherKey(known.state.user, context)), created: false };
    const { id, apiKey, position } = await this.registration.register({ name: username }, 'oauth', context);
    const reserved = await this.parts.commands.execute(new OnSubject(hash, { type: 'ReserveSubject', user: id, at: iso(this.parts.ports.clock.now()) }, context));
    if (reserved.outcome !== 'refused') return { id, apiKey, created: true, position };
    // Another node was faster: the user made here stays behind without anybody who knows its key.
    return { ...(await this.#anotherKey(reserved.state.user!, context)), created: false };
  }

  async #anotherKey(id: number, context: CommandContext): Promise<{ id: number; apiKey: string; position: number }> {
    return { id, ...(await this.registration.issueKey(id, context)) };
  }

  async #setKudos(id: number, wanted: Kudos | null, context: CommandContext): Promise<{ balance: Kudos; position: number }> {
    const balance = await this.adjusting.balanceOf(id);
    const difference = wanted === null ? NO_KUDOS : minus(wanted, balance);
    if (difference === 0) return { balance, position: -1 };
    const adjusted = await this.adjusting.adjust(id, difference, context);
    const position = adjusted === 'conflict' ? -1 : adjusted; // its id is fresh, so there is none
    return { balance: await this.adjusting.balanceOf(id), position }; // a debit stops at the floor
  }
}
