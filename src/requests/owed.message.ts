import type { JobSubmitted, RequestKind } from './request.events.js';
import type { Owed } from './settling.message.js';

/** What a delivered job owes, as the event froze it. */
export const owedFor = (submitted: JobSubmitted['data'], { payer, kind }: { readonly payer: number; readonly kind: RequestKind }): Owed => {
  const { request, job, worker, owner, ownerTrusted, model, price, reward, team, debit, things, policy, selfTest } = submitted;
  return { request, payer, kind, job, worker, owner, ownerTrusted, model, price, debit, things, policy, ...(reward !== undefined && { reward }), ...(team !== undefined && { team }), ...(selfTest && { selfTest }) };
};
