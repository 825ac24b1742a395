import type { Refusals } from '../platform/http/refusals.js';

export const notaryRefusals: Refusals<'NothingSignedYet'> = {
  NothingSignedYet: [404, 'No checkpoint of this ledger has been signed yet. Is there a process with the role notary?'],
};
