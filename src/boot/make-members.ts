import { findUserByContact } from '../../projections/users/queries.js';
import type { MemberSource } from '../donations/member-source.js';
import { Members } from '../donations/members.message.js';
import { PatreonMembers } from '../donations/patreon-members.js';
import { StripeMembers } from '../donations/stripe-members.js';
import { FetchOutbound } from '../platform/outbound/outbound.js';
import type { UserDirectory } from '../users/directory.message.js';
import type { Platform } from './platform.js';

/** Supporters, from wherever the settings say that they are listed. */
export const makeMembers = ({ config: { patreon, stripe }, clock, logger, database }: Platform, directory: UserDirectory): Members => {
  const outbound = new FetchOutbound();
  const sources: MemberSource[] = [
    ...(patreon ? [new PatreonMembers(outbound, patreon)] : []), ...(stripe ? [new StripeMembers(outbound, stripe)] : []),
  ];
  return new Members({
    sources, clock, logger,
    holders: { byAlias: async (alias) => (await directory.byAlias(alias))?.id, byContact: (contact) => findUserByContact(database, contact) },
  });
};
