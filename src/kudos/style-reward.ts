import { minus, NO_KUDOS, type Kudos } from '../kernel/kudos.js';
import { posting, type Posting } from '../kernel/ledger.js';
import type { StyleUsed } from './account.commands.js';
import type { AuthorizationOpened, JobSettled, UserId } from './account.events.js';
import type { Authorization } from './account.state.js';

// A style's owner is paid out of what somebody else has paid (horde-rules §2.9, spec/ledger.md §4.5): the activation price sets the
// reward aside at burn:style, the first delivered job passes it on, and a request that never delivers leaves it burned. So no
// reward creates supply, and the balance of burn:style can never be negative.

/** What of an activation price is for the style; nothing for one's own style, or unless the payer really gives all of it. */
export const styleOf = (used: StyleUsed | undefined, payer: UserId, paid: Kudos): { style?: NonNullable<AuthorizationOpened['data']['style']> } => {
  if (!used || used.owner === payer) return {};
  const { style, owner, surcharge } = used;
  return { style: { style, owner, reward: paid >= surcharge ? surcharge : NO_KUDOS } };
};

/** Where the price of an activation is burned. */
export const activationBurned = (amount: Kudos, reward: Kudos = NO_KUDOS): readonly Posting[] => [
  posting('burn:activation', minus(amount, reward)), posting('burn:style', reward),
];

/** The reward of the first settlement; what was forgiven or is nobody else's earns nothing. */
export const rewardOf = ({ style, settled }: Pick<Authorization, 'style' | 'settled'>): { style?: NonNullable<JobSettled['data']['style']> } =>
  (style && settled.size === 0 && style.reward > 0 ? { style } : {});
