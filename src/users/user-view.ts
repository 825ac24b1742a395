import type { KudosDetails } from '../../projections/balances/queries.js';
import type { OwnedStyle } from '../../projections/styles/queries.js';
import { inKudos, type Kudos } from '../kernel/kudos.js';
import { rfc822, skipNone } from '../platform/http/marshal.js';
import type { Role } from './user.events.js';
import type { KnownUser } from './directory.message.js';
import { aliasOf } from './directory.message.js';

/** What the user asked for and did: megapixelsteps with two decimals, everything else counted (horde-rules §8.5). */
export interface UserRecords {
  readonly usage: Things;
  readonly contribution: Things;
  readonly fulfillment: Counts;
  readonly request: Counts;
  readonly style: Counts;
}
interface Things {
  readonly megapixelsteps: number;
  readonly tokens: number;
}
interface Counts {
  readonly image: number;
  readonly text: number;
  readonly interrogation: number;
}
export interface UserFigures {
  readonly spendable: Kudos;
  readonly escrow: Kudos;
  readonly details: KudosDetails;
  readonly records: UserRecords;
  readonly workerIds: readonly string[];
  /** Everything that the user has made, private styles included. */
  readonly styles: readonly OwnedStyle[];
  readonly sharedKeyIds: readonly string[];
  readonly concurrency: number;
  readonly lastFour: string | null;
  readonly contact: string | null;
  readonly adminComment: string | null;
  readonly proxyPasskey: string | null;
  /** What the next month's thanks would be, and when the last ones came. */
  readonly thanks: { readonly amount: Kudos; readonly lastReceived: string | undefined };
  readonly activeGenerations: { readonly image: readonly string[]; readonly text: readonly string[] };
}
/** What the answer may show: to everybody, to the user or to moderators (horde-rules §1.6.2). */
export type Privilege = 'public' | 'owner' | 'moderator';

/** The user object of the API; members that are not for the reader are absent. */
export const userView = (user: KnownUser, figures: UserFigures, privilege: Privilege, nowMs: number): object => ({
  ...publicMembers(user, figures, nowMs), styles: stylesOf(user, figures, privilege),
  ...(privilege === 'public' && !user.publicWorkers ? {} : { worker_ids: figures.workerIds }),
  ...(privilege === 'public' ? {} : skipNone(ownerMembers(user, figures))),
  ...(privilege === 'moderator' ? skipNone(moderatorMembers(user, figures)) : {}),
});

/** In the list nothing is left out: what is not for everybody is null or empty (horde-api C4.0). */
export const listedUser = (user: KnownUser, figures: UserFigures, nowMs: number): object => ({
  ...publicMembers(user, figures, nowMs), styles: stylesOf(user, figures, 'public'), worker_ids: user.publicWorkers ? figures.workerIds : null, sharedkey_ids: null, active_generations: {},
  contact: null, vpn: null, special: null, evaluating_kudos: null, monthly_kudos: {}, suspicious: null, admin_comment: null, proxy_passkey: null,
});

const publicMembers = (user: KnownUser, figures: UserFigures, nowMs: number): object => {
  const is = (role: Role): boolean => user.roles.has(role);
  return {
    username: aliasOf(user), id: user.id, kudos: inKudos(figures.spendable),
    kudos_details: Object.fromEntries(Object.entries(figures.details).map(([kind, amount]) => [kind, inKudos(amount as Kudos)])),
    concurrency: figures.concurrency, worker_invited: user.workerInvited,
    moderator: is('moderator'), trusted: is('trusted'), flagged: is('flagged'), pseudonymous: user.accountClass === 'pseudonymous' && user.id !== 0,
    service: is('service'), education: is('education'), customizer: is('customizer'), deleted: is('deleted'),
    worker_count: figures.workerIds.length, account_age: Math.max(0, Math.floor((nowMs - Date.parse(user.registeredAt)) / 1_000)),
    records: figures.records,
    usage: { megapixelsteps: null, requests: null }, contributions: { megapixelsteps: null, fulfillments: null },
  };
};

/** Under the names by which anybody finds them; private ones are for the owner and for moderators. */
const stylesOf = (user: KnownUser, { styles }: UserFigures, privilege: Privilege): readonly object[] =>
  styles.filter((style) => style.public || privilege !== 'public').map(({ name, id, kind }) => ({ name: `${aliasOf(user)}::style::${name}`, id, type: kind }));

const ownerMembers = (user: KnownUser, { contact, sharedKeyIds, activeGenerations: { image, text } }: UserFigures) => ({
  sharedkey_ids: sharedKeyIds, vpn: user.roles.has('vpn'), special: user.roles.has('special'), contact,
  active_generations: { ...(image.length > 0 ? { image } : {}), ...(text.length > 0 ? { text } : {}) },
});

const moderatorMembers = (user: KnownUser, { escrow, thanks, adminComment, proxyPasskey }: UserFigures) => ({
  evaluating_kudos: inKudos(escrow), monthly_kudos: { amount: Math.trunc(inKudos(thanks.amount)), ...(thanks.lastReceived === undefined ? {} : { last_received: rfc822(Date.parse(thanks.lastReceived)) }) },
  suspicious: user.suspicions, admin_comment: adminComment, proxy_passkey: proxyPasskey,
});
