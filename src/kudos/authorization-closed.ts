import type { AccountEvent } from './account.events.js';
import type { Account, Authorization } from './account.state.js';
import { closing } from './shared-key.js';

interface Ending {
  readonly request: string;
  readonly authorization: Authorization;
  readonly at: string;
  /** The request never came: its price is given back in the same append. */
  readonly isTakenBack?: boolean;
}

/** Ends an authorization: what is left of its hold is free again, and what is left of its reservation. */
export const closed = (account: Account, { request, authorization, at, isTakenBack = false }: Ending): AccountEvent => ({
  type: 'AuthorizationClosed.v1',
  data: {
    user: account.user, request, settled: authorization.settled.size, released: authorization.held, ...closing(authorization, isTakenBack), closedAt: at,
  },
});
