import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { personal, type Personal } from '../kernel/event.js';
import { transactionId } from '../kernel/ids.js';
import { inKudos, kudos, most, NO_KUDOS } from '../kernel/kudos.js';
import { Adjusting } from '../kudos/adjusting.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { Profanity } from '../platform/profanity.js';
import { sanitised } from '../platform/sanitised-text.js';
import { Admins } from './admins.message.js';
import { ANONYMOUS, UserDirectory, type KnownUser } from './directory.message.js';
import { MonthlyGrants } from './monthly-grants.reactor.js';
import type { ChangeUserFields } from './user-change.body.js';
import type { ChangeUser, RoleChanges } from './user.commands.js';
import { OnUser } from './user.message.js';
import { refusalOfChange } from './user-permissions.js';
import { changeRefusals } from './user.refusals.js';
import type { User } from './user.state.js';

export interface ChangeWish {
  readonly target: KnownUser;
  readonly caller: KnownUser;
  readonly fields: ChangeUserFields;
  /** The caller's Idempotency-Key: what is added to kudos and entitlement is then added once. */
  readonly key: string | undefined;
}
export interface Changed {
  /** The keys that were acted upon, in the order of the fields. */
  readonly answer: object;
  readonly position: number;
}

const TEXT_MAX = 500;
const USERNAME_MAX = 100;
/** As an API key (horde-rules §1.5). */
const PASSKEY_BYTES = 16;
const ROLES = ['moderator', 'trusted', 'flagged', 'customizer', 'vpn', 'service', 'special', 'education'] as const;

@Injectable()
export class UserChangeParts {
  constructor(readonly admins: Admins, readonly profanity: Profanity, readonly directory: UserDirectory, readonly monthly: MonthlyGrants) {}
}

/**
 * PUT /users/{id} (horde-rules §1.6.1). Everything is looked at first; then the kudos move, whose refusal would be a 503, and last comes
 * the one append to the user's stream that holds all the rest. A process that dies between has moved kudos only, and a caller that sent an
 * Idempotency-Key may ask again.
 */
@Injectable()
export class UserChanges {
  constructor(private readonly commands: CommandBus, private readonly adjusting: Adjusting, private readonly ports: Ports, private readonly parts: UserChangeParts) {}

  async change(wish: ChangeWish): Promise<Changed> {
    const username = wish.fields.username === undefined ? undefined : sanitised(wish.fields.username, USERNAME_MAX);
    this.#obey(wish, username);
    const context: CommandContext = { actor: { kind: 'user', user: wish.caller.id }, correlationId: this.ports.ids.uuid() };
    const passkey = wish.fields.generate_proxy_passkey === undefined ? undefined : this.ports.ids.bytes(PASSKEY_BYTES).toString('base64url');
    const command = this.#command(wish, { username, passkey });
    await this.#possible(wish.target.id, command, context);
    const newKudos = await this.#adjust(wish, context);
    const outcome = await this.commands.execute(new OnUser(wish.target.id, command, context));
    if (outcome.outcome === 'refused') throw refusedBy(changeRefusals, outcome.rc as 'UserNotFound' | 'UserNotDeleted');
    const { concurrency, monthly } = outcome.state;
    const { events, position }: typeof NOTHING = outcome.outcome === 'appended' ? outcome : NOTHING;
    const credited = await this.#credit(wish.target.id, { grant: command.monthly?.grant, state: outcome.state }, context);
    const answer = answerOf(wish.fields, { newKudos: newKudos?.balance, username, passkey, monthly: inKudos(monthly), concurrency, isConcurrencyChanged: changesConcurrency(events) });
    return { answer, position: Math.max(position, credited, newKudos?.position ?? -1) };
  }

  #obey({ target, caller, fields }: ChangeWish, username: string | undefined): void {
    const rc = refusalOfChange({
      admin: this.parts.admins.has(caller.id), moderator: caller.roles.has('moderator'), self: caller.id === target.id,
      anonymous: caller.id === ANONYMOUS.id, service: caller.roles.has('service'),
    }, {
      fields, username, isProfane: (text) => this.parts.profanity.isProfane(text),
      targetAnonymous: target.id === ANONYMOUS.id, targetPseudonymous: target.accountClass === 'pseudonymous',
    });
    if (rc) throw refusedBy(changeRefusals, rc);
  }

  /** What only the user's stream knows for certain, asked before anything moves. */
  async #possible(user: number, { undelete, monthly }: ChangeUser, context: CommandContext): Promise<void> {
    const { outcome, state } = await this.commands.execute(new OnUser(user, { type: 'ReadUser' }, context));
    if (outcome === 'refused') throw refusedBy(changeRefusals, 'UserNotFound');
    if (undelete && !isDeleted(state)) throw refusedBy(changeRefusals, 'UserNotDeleted');
    const added = monthly && state.monthlyGrants.get(monthly.grant);
    if (added !== undefined && added !== most(monthly!.amount, NO_KUDOS)) throw refusedBy(changeRefusals, 'IdempotencyKeyConflict');
  }

  /** Also what an earlier call of this key has raised: it may not have come so far. */
  async #credit(user: number, { grant, state }: { grant: string | undefined; state: User }, context: CommandContext): Promise<number> {
    const added = grant === undefined ? undefined : state.monthlyGrants.get(grant);
    return added ? this.parts.monthly.credit({ grant: grant!, user, amount: added }, context) : -1;
  }

  async #adjust({ target, caller, fields, key }: ChangeWish, context: CommandContext): Promise<{ readonly balance: number; readonly position: number } | undefined> {
    if (fields.kudos === undefined) return undefined;
    const amount = kudos(Math.trunc(fields.kudos));
    const isNothing = Math.trunc(fields.kudos) === 0;
    const position = isNothing ? -1 : await this.adjusting.adjust(target.id, amount, context, { key, by: caller.id });
    if (position === 'conflict') throw refusedBy(changeRefusals, 'IdempotencyKeyConflict');
    return { balance: inKudos(await this.adjusting.balanceOf(target.id)), position };
  }

  #command({ target, caller, fields, key }: ChangeWish, { username, passkey }: { username: string | undefined; passkey: string | undefined }): ChangeUser {
    const sealed = (text: string): Personal => personal(`user-${target.id}`, text);
    const { monthly_kudos: monthly, contact, admin_comment: adminComment } = fields;
    const grant = key === undefined ? this.ports.ids.uuid() : transactionId('monthly-entitlement', caller.id, target.id, key);
    return {
      type: 'ChangeUser', by: caller.id, at: iso(this.ports.clock.now()), roles: rolesIn(fields),
      settings: {
        ...plainSettings(fields), ...(contact === undefined ? {} : { contact: sealed(sanitised(contact, TEXT_MAX)) }),
        ...(adminComment === undefined ? {} : { adminComment: sealed(sanitised(adminComment, TEXT_MAX)) }),
      },
      ...(username === undefined ? {} : { name: sealed(username) }),
      ...(passkey === undefined ? {} : { passkey: { passkey: sealed(passkey), passkeyHash: this.ports.secrets.keyedHash('proxy-passkey', passkey) } }),
      ...(monthly === undefined || monthly === 0 ? {} : { monthly: { amount: kudos(monthly), grant } }),
      undelete: fields.undelete !== undefined, resetSuspicion: fields.reset_suspicion !== undefined,
    };
  }
}

const isDeleted = ({ roles }: User): boolean => roles.has('deleted');

const rolesIn = (fields: ChangeUserFields): RoleChanges =>
  Object.fromEntries(ROLES.flatMap((role) => (fields[role] === undefined ? [] : [[role, fields[role]]])));

const plainSettings = ({ concurrency, worker_invited: workerInvited, usage_multiplier: multiplier, public_workers: publicWorkers }: ChangeUserFields) => ({
  ...(concurrency === undefined ? {} : { concurrency }), ...(workerInvited === undefined ? {} : { workerInvited }),
  ...(multiplier === undefined ? {} : { usageMultiplier: Math.round(multiplier * 1_000) }), ...(publicWorkers === undefined ? {} : { publicWorkers }),
});

type Happened = readonly { readonly type: string; readonly data: object }[];
const NOTHING: { readonly events: Happened; readonly position: number } = { events: [], position: -1 };

const changesConcurrency = (events: Happened): boolean =>
  events.some(({ type, data }) => type === 'UserSettingsChanged.v1' && 'concurrency' in data);

interface Results {
  readonly newKudos: number | undefined;
  readonly username: string | undefined;
  readonly passkey: string | undefined;
  readonly monthly: number;
  readonly concurrency: number;
  /** By an education that came or went, too. */
  readonly isConcurrencyChanged: boolean;
}

/** Only what was asked for, with its new value: roles are what they are now, not what they were (horde-api C4.4). */
const answerOf = (fields: ChangeUserFields, { newKudos, username, passkey, monthly, concurrency, isConcurrencyChanged }: Results): object => {
  const { kudos: _kudos, filtered: _filtered, reset_suspicion: reset, generate_proxy_passkey: _passkey, undelete, ...plain } = fields;
  const given: readonly (readonly [string, unknown])[] = Object.entries(plain);
  const echoed = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return {
    ...(newKudos === undefined ? {} : { new_kudos: newKudos }), ...echoed,
    ...(fields.monthly_kudos === undefined ? {} : { monthly_kudos: monthly }),
    ...(fields.concurrency === undefined && !isConcurrencyChanged ? {} : { concurrency }),
    ...(reset === undefined ? {} : { new_suspicion: 0 }),
    ...textsOf(fields, username), ...(passkey === undefined ? {} : { proxy_passkey: passkey }), ...(undelete === undefined ? {} : { undeleted: true }),
  };
};

/** As they were stored. */
const textsOf = ({ contact, admin_comment: comment }: ChangeUserFields, username: string | undefined): object => ({
  ...(username === undefined ? {} : { username }), ...(contact === undefined ? {} : { contact: sanitised(contact, TEXT_MAX) }),
  ...(comment === undefined ? {} : { admin_comment: sanitised(comment, TEXT_MAX) }),
});
