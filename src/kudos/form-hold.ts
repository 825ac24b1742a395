import { accept, refuse, type Decision } from '../kernel/decider.js';
import type { PlaceFormHold, ReleaseFormHold } from './account.commands.js';
import type { AccountEvent } from './account.events.js';
import { availableOf, type Account } from './account.state.js';

/** Once per hand-out of a form (horde-rules §3.4). Nothing is set aside for a request that is over, nor for a form that is paid. */
export const placeFormHold = (
  { request, job, amount, at, creditsElsewhere, creditsComplete }: PlaceFormHold, account: Account,
): Decision<AccountEvent, 'KudosUpfront' | 'CreditsBehind' | 'AuthorizationOver'> => {
  const authorization = account.authorizations.get(request);
  if (!authorization || authorization.settled.has(job)) return refuse('AuthorizationOver');
  if (authorization.formHolds.has(job)) return accept();
  const available = availableOf(account, creditsElsewhere);
  if (amount > available) return creditsComplete ? refuse('KudosUpfront', { required: amount, available }) : refuse('CreditsBehind');
  return accept({ type: 'FormHoldPlaced.v1', data: { user: account.user, request, job, amount, placedAt: at } });
};

/** Asked again, or after the form was paid or its request ended, there is nothing left to free. */
export const releaseFormHold = ({ request, job, at }: ReleaseFormHold, account: Account): Decision<AccountEvent, never> => {
  const amount = account.authorizations.get(request)?.formHolds.get(job);
  if (amount === undefined) return accept();
  return accept({ type: 'HoldReleased.v1', data: { user: account.user, request, amount, releasedAt: at, job } });
};
