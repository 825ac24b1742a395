import { NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import type { Request } from './request.state.js';

// A worker may mark its pops as a test of itself (docs/decisions/0028): it is handed its owner's own requests, and nobody pays.

/** Only its own owner's: nobody else's work is anybody's to try machines on. Anonymous users own no workers. */
export const testsItself = (owner: number, { facts }: Pick<Request, 'facts'>): boolean => owner !== 0 && facts?.payer === owner;

interface Worth {
  readonly price: Kudos;
  readonly debit: Kudos;
  readonly reward?: Kudos;
}

/** Whatever it would have been worth. What was set aside for it is free again with its settlement, which takes nothing of it. */
export const unpaid = <Money extends Worth>({ reward: _reward, ...money }: Money) => ({ ...money, price: NO_KUDOS, debit: NO_KUDOS, selfTest: true as const });
