import { ledgerOf, type Recorded } from '../../src/kernel/event.js';
import { inKudos } from '../../src/kernel/kudos.js';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;
/** Of what was asked for; of an address, behind its day. */
const HASH = /^(\d{8}-[0-9a-f]{32}|[0-9a-f]{64})$/;

/** Names for what differs from run to run: the ids of people as the story has them, others in the order of their appearance. */
export class Names {
  readonly #uuids = new Map<string, string>();

  constructor(private readonly people: ReadonlyMap<number, string>) {}

  known(id: string, name: string): void {
    this.#uuids.set(id, name);
  }

  text(text: string): string {
    if (TIME.test(text)) return '…Z';
    if (HASH.test(text)) return '(hash)';
    const named = text.replace(UUID, (id) => {
      if (!this.#uuids.has(id)) this.#uuids.set(id, `id-${this.#uuids.size + 1}`);
      return this.#uuids.get(id)!;
    });
    return named.replace(/\b(account-|user:)(\d+)/g, (_all, prefix: string, id: string) => `${prefix}${this.person(Number(id))}`);
  }

  person(id: number): string {
    return this.people.get(id) ?? `user-${id}`;
  }
}

/** Fields that hold the id of a user. */
const PEOPLE = new Set(['user', 'payer', 'owner', 'from', 'to']);
/** Fields that hold kudos, stored in hundredths. */
const KUDOS = new Set([
  'quote', 'activation', 'hold', 'priority', 'price', 'debit', 'forgiven', 'captured', 'spendable', 'escrow', 'released', 'unitPriceMax', 'amount', 'reward', 'reserved', 'consumed',
]);

/** One story as a section of a document: every event that it appended, with all its postings. */
export const traceOf = (events: readonly Recorded[], names: Names): string => events.map((event, index) => (
  [`#### ${index + 1}. ${event.type} in \`${names.text(event.stream)}\``, fieldsOf(event, names), postingsOf(event, names)].filter(Boolean).join('\n\n')
)).join('\n\n');

const fieldsOf = ({ data }: Recorded, names: Names): string => {
  const fields = Object.entries(data).filter(([name]) => name !== 'ledger').map(([name, value]) => `${name} ${shown(name, value, names)}`);
  return fields.join(' · ');
};

const shown = (name: string, value: unknown, names: Names): string => {
  if (typeof value === 'number' && PEOPLE.has(name)) return `\`${names.person(value)}\``;
  if (typeof value === 'number' && KUDOS.has(name)) return `\`${decimals(value)}\``;
  if (typeof value === 'string') return `\`${names.text(value)}\``;
  return `\`${JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? names.text(inner) : inner))}\``;
};

const postingsOf = (event: Recorded, names: Names): string => {
  const ledger = ledgerOf(event);
  if (!ledger) return 'Moves nothing.';
  const rows = ledger.postings.map(({ account, amount }) => `| \`${names.text(account)}\` | ${amount > 0 ? '+' : ''}${decimals(amount)} |`);
  return [`| ${ledger.kind} | kudos |`, '| --- | ---: |', ...rows, '| sum | 0.00 |'].join('\n');
};

const decimals = (centikudos: number): string => inKudos(centikudos as Parameters<typeof inKudos>[0]).toFixed(2);
