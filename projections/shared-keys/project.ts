import { plainText, type Personal, type Recorded } from '../../src/kernel/event.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import type { AccountEvent, SharedKeyLimits } from '../../src/kudos/account.events.js';
import { booleans, numbers, plain, texts } from '../columns.js';
import { schemaBeside } from '../load-schema.js';

const HANDLED: ReadonlySet<string> = new Set<AccountEvent['type']>([
  'SharedKeyCreated.v1', 'SharedKeyChanged.v1', 'SharedKeyDeleted.v1', 'AuthorizationOpened.v1', 'JobSettled.v1', 'HoldReleased.v1',
  'AuthorizationClosed.v1', 'FundsTransferred.v1',
]);

/** What each shared key may still use, has reserved and has used. */
export const sharedKeys: Projection = {
  name: 'shared-keys',
  version: 1,
  schema: schemaBeside(import.meta.url),
  tables: ['shared_key'],
  handles: (type) => HANDLED.has(type),
  project: (events) => {
    const batch = new Map<string, KeyChange>();
    for (const event of events) add(batch, event as Recorded<AccountEvent>);
    return statements([...batch.values()]);
  },
};

type DataOf<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];

class KeyChange {
  born: DataOf<'SharedKeyCreated.v1'> | undefined;
  name: string | null = null;
  /** Set when the budget was set within the batch; `budget` and `reserved` are then whole and no difference. */
  isBudgetSet = false;
  budget: number | null = 0;
  credited: number | null = null;
  reserved = 0;
  utilised = 0;
  sent = 0;
  isExpirySet = false;
  expiresAt: string | null = null;
  limits: SharedKeyLimits | undefined;
  deletedAt: string | null = null;
  constructor(readonly key: string) {}

  move(by: { readonly used: number; readonly utilised: number; readonly reserved: number }): void {
    if (this.budget !== null) this.budget -= by.used;
    this.utilised += by.utilised;
    this.reserved += by.reserved;
  }

  setBudget(amount: number | null, credited: number): void {
    Object.assign(this, { isBudgetSet: true, budget: amount, credited, reserved: 0 });
  }
}

const add = (batch: Map<string, KeyChange>, { type, data }: Recorded<AccountEvent>): void => {
  (HANDLERS as Partial<Record<string, (data: object, of: (key: string) => KeyChange) => void>>)[type]?.(data, (key) => {
    let change = batch.get(key);
    if (!change) batch.set(key, (change = new KeyChange(key)));
    return change;
  });
};

const HANDLERS: { readonly [Type in AccountEvent['type']]?: (data: DataOf<Type>, of: (key: string) => KeyChange) => void } = {
  'SharedKeyCreated.v1': (data, of) => {
    const change = of(data.key);
    change.born = data;
    change.setBudget(data.budget, 0);
  },
  'SharedKeyChanged.v1': ({ key, name, budget, expiresAt, limits }, of) => {
    const change = of(key);
    if (name) change.name = revealed(name);
    if (budget) change.setBudget(budget.amount, budget.credited);
    if (expiresAt !== undefined) Object.assign(change, { isExpirySet: true, expiresAt });
    if (limits) change.limits = limits;
  },
  'SharedKeyDeleted.v1': ({ key, deletedAt }, of) => void (of(key).deletedAt = deletedAt),
  'AuthorizationOpened.v1': ({ sharedKey, activation }, of) => {
    if (sharedKey) of(sharedKey.key).move({ used: activation, utilised: activation, reserved: Math.max(0, sharedKey.reserved - activation) });
  },
  'JobSettled.v1': ({ sharedKey }, of) => {
    if (sharedKey) of(sharedKey.key).move({ used: sharedKey.reserved, utilised: sharedKey.consumed, reserved: -sharedKey.reserved });
  },
  'HoldReleased.v1': ({ sharedKey }, of) => {
    if (sharedKey) of(sharedKey.key).move({ used: 0, utilised: 0, reserved: -sharedKey.released });
  },
  'AuthorizationClosed.v1': ({ sharedKey }, of) => {
    if (sharedKey) of(sharedKey.key).move({ used: -sharedKey.returned, utilised: -sharedKey.returned, reserved: -sharedKey.released });
  },
  'FundsTransferred.v1': ({ sharedKey, amount }, of) => {
    if (sharedKey !== undefined) of(sharedKey).sent += amount;
  },
};

const INSERT = `
INSERT INTO rm.shared_key (key, id, owner, name, budget, credited, sent, reserved, utilised, expires_at, max_image_pixels, max_image_steps,
  max_text_tokens, created_at, deleted_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
  $10::timestamptz[], $11::int[], $12::int[], $13::int[], $14::timestamptz[], $15::timestamptz[])`;

// A key without a limit has no budget to take from: null stays null until the owner sets one.
const UPDATE = `
UPDATE rm.shared_key AS x SET
  name = coalesce(u.name, x.name),
  budget = CASE WHEN u.budget_set THEN u.budget ELSE x.budget + u.budget END, credited = coalesce(u.credited, x.credited),
  reserved = CASE WHEN u.budget_set THEN u.reserved ELSE x.reserved + u.reserved END,
  utilised = x.utilised + u.utilised, sent = x.sent + u.sent,
  expires_at = CASE WHEN u.expiry_set THEN u.expires_at ELSE x.expires_at END,
  max_image_pixels = coalesce(u.max_image_pixels, x.max_image_pixels), max_image_steps = coalesce(u.max_image_steps, x.max_image_steps),
  max_text_tokens = coalesce(u.max_text_tokens, x.max_text_tokens), deleted_at = coalesce(u.deleted_at, x.deleted_at)
FROM unnest($1::text[], $2::text[], $3::bool[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bool[],
  $10::timestamptz[], $11::int[], $12::int[], $13::int[], $14::timestamptz[])
  AS u (key, name, budget_set, budget, credited, reserved, utilised, sent, expiry_set, expires_at, max_image_pixels, max_image_steps,
  max_text_tokens, deleted_at)
WHERE x.key = u.key`;

const statements = (changes: readonly KeyChange[]): Statement[] => {
  const born = changes.filter((change) => change.born);
  const changed = changes.filter((change) => !change.born);
  return [
    ...(born.length > 0 ? [{ text: INSERT, values: bornColumns(born) }] : []),
    ...(changed.length > 0 ? [{ text: UPDATE, values: changedColumns(changed) }] : []),
  ];
};

const bornColumns = (rows: readonly KeyChange[]): unknown[] => {
  const facts = rows.map(({ born }) => born!);
  const limits = rows.map((row) => row.limits ?? row.born!.limits);
  return [
    plain(rows.map(({ key }) => key)), texts(facts.map(({ id }) => revealed(id))), numbers(facts.map(({ user }) => user)),
    texts(rows.map(({ name, born }) => name ?? revealed(born!.name))), numbers(rows.map(({ budget }) => budget)),
    numbers(rows.map(({ credited }) => credited ?? 0)), numbers(rows.map(({ sent }) => sent)), numbers(rows.map(({ reserved }) => reserved)),
    numbers(rows.map(({ utilised }) => utilised)), plain(rows.map((row) => (row.isExpirySet ? row.expiresAt : row.born!.expiresAt))),
    ...limitColumns(limits), plain(facts.map(({ createdAt }) => createdAt)), plain(rows.map(({ deletedAt }) => deletedAt)),
  ];
};

const changedColumns = (rows: readonly KeyChange[]): unknown[] => [
  plain(rows.map(({ key }) => key)), texts(rows.map(({ name }) => name)), booleans(rows.map(({ isBudgetSet }) => isBudgetSet)),
  numbers(rows.map(({ budget }) => budget)), numbers(rows.map(({ credited }) => credited)), numbers(rows.map(({ reserved }) => reserved)),
  numbers(rows.map(({ utilised }) => utilised)), numbers(rows.map(({ sent }) => sent)), booleans(rows.map(({ isExpirySet }) => isExpirySet)),
  plain(rows.map(({ expiresAt }) => expiresAt)), ...limitColumns(rows.map(({ limits }) => limits)), plain(rows.map(({ deletedAt }) => deletedAt)),
];

const limitColumns = (rows: readonly (SharedKeyLimits | undefined)[]): unknown[] => [
  numbers(rows.map((limits) => limits?.maxImagePixels ?? null)), numbers(rows.map((limits) => limits?.maxImageSteps ?? null)),
  numbers(rows.map((limits) => limits?.maxTextTokens ?? null)),
];

const revealed = (value: Personal | null): string | null => (value && plainText(value)) ?? null;
