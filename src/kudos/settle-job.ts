import { accept, refuse, type Decision } from '../kernel/decider.js';
import { centikudos, least, minus, most, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { settlementOf } from '../pricing/settlement.js';
import type { SettleJob } from './account.commands.js';
import type { AccountEvent, JobSettled } from './account.events.js';
import { balanceOf, floorOf, type Account, type Authorization } from './account.state.js';
import { closed } from './authorization-closed.js';
import { lessReserved } from './shared-key-reservation.js';
import { consumption } from './shared-key.js';
import { rewardOf } from './style-reward.js';

/** Exactly once: the open authorization remembers each settled job, and a closed one has settled them all. */
export const settle = (command: SettleJob, account: Account): Decision<AccountEvent, 'CreditsBehind'> => {
  const { request, job, at, ended } = command;
  const authorization = account.authorizations.get(request);
  if (!authorization) return accept();
  if (authorization.settled.has(job)) {
    return allSettled(ended, authorization) ? accept(closed(account, { request, authorization, at })) : accept();
  }
  const part = authorization.formHolds.get(job) ?? partOf(authorization);
  // An un-held settlement draws on the whole balance above the floor, held or not: otherwise a large hold on a request
  // that nobody serves would make everything else free (spec/ledger.md §4.5, Floor).
  const reachable = most(NO_KUDOS, minus(balanceOf(account, command.creditsElsewhere), floorOf(account.accountClass!)));
  const paid = least(command.debit, reachable);
  if (paid < command.debit && !command.creditsComplete) return refuse('CreditsBehind');
  const rewarded = rewardOf(authorization);
  const keyPart = consumption(authorization, command.debit);
  const { ledger, split } = settlementOf({ ...command, ...rewarded }, account.user, paid);
  const settled: JobSettled = { type: 'JobSettled.v1', data: {
    request, job, kind: command.kind, payer: account.user, owner: command.owner, worker: command.worker, model: command.model,
    price: command.price, debit: command.debit, forgiven: minus(command.debit, paid), captured: part, ...split,
    things: command.things, settledAt: at, ...keyPart, policy: command.policy, ...rewarded, ...stamped(command), ...(ledger ? { ledger } : {}),
  } };
  const rest: Authorization = {
    ...authorization, held: minus(authorization.held, part), settled: new Set([...authorization.settled, job]),
    sharedKey: lessReserved(authorization.sharedKey, keyPart.sharedKey?.reserved),
  };
  return allSettled(ended, rest) ? accept(settled, closed(account, { request, authorization: rest, at })) : accept(settled);
};

const stamped = ({ team, selfTest }: SettleJob): Pick<JobSettled['data'], 'team' | 'selfTest'> =>
  ({ ...(team === undefined ? {} : { team }), ...(selfTest && { selfTest }) });

/** `ended` are all delivered jobs of a request that has ended; null while it goes on. */
const allSettled = (ended: SettleJob['ended'], { settled }: Authorization): boolean => ended?.every((id) => settled.has(id)) ?? false;

/** This job's part of the hold: equal parts, the remainder with the first. */
const partOf = ({ hold, held, jobs, settled }: Authorization): Kudos => {
  const equal = Math.floor(hold / jobs);
  return least(held, centikudos(settled.size === 0 ? hold - equal * (jobs - 1) : equal));
};
