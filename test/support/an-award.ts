import type { NewEvent } from '../../src/platform/event-log/event-log.js';
import { encode } from '../../src/platform/event-log/codec.js';
import type { WatchedLog } from './watched-log.js';

/** Whole kudos that a user has earned elsewhere than in its own stream; once for each amount. */
export const award = async (log: WatchedLog, user: number, amount: number): Promise<void> => {
  const { event }: { event: NewEvent } = encode({ type: 'KudosGranted.v1', data: { user, ledger: {
    txId: `grant-${amount}`, kind: 'award', effectiveAt: '2026-03-01T12:00:00.000Z', policy: 1, reverses: null,
    postings: [{ account: 'issue:award', amount: -amount * 100 }, { account: `user:${user}:spendable`, amount: amount * 100 }],
  } } }, {
    stream: `grant-${amount}`, revision: 0, id: `00000000-0000-4000-8000-${String(amount).padStart(12, '0')}`,
    metadata: { $correlationId: 'c', $causationId: 'c', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'n' },
  });
  await log.append(`grant-${amount}`, 'no_stream', [event]);
};
