import type { AccountEvent } from './account.events.js';
import type { Account, Authorization } from './account.state.js';

/** Ends an authorization: what is left of its hold is free again. */
export const closed = (account: Account, { request, authorization, at }: { request: string; authorization: Authorization; at: string }): AccountEvent => ({
  type: 'AuthorizationClosed.v1',
  data: { user: account.user, request, settled: authorization.settled.size, released: authorization.held, closedAt: at },
});
