import { Injectable } from '@nestjs/common';
import { iso } from '../kernel/clock.js';
import { Ports } from '../platform/ports.js';
import { idOfAlias, UserDirectory, type KnownUser } from '../users/directory.message.js';
import { isSuspicious } from '../users/suspicion.message.js';
import type { TransferParties } from './account.commands.js';
import { Pockets } from './pockets.js';
import { RecentGifts } from './recent-gifts.js';
import { SharedKeyRegistry } from './shared-key-registry.message.js';
import { isExpired } from './shared-key.state.js';

/** Nobody has this id: what cannot even be meant. */
const NOBODY = -1;

/** Whom a transfer is for. It has an id even if that user or key is gone: a repeated call must be known for what it was. */
export interface TransferTarget {
  readonly to: number;
  /** The user who receives, if there still is one to. */
  readonly user: KnownUser | undefined;
  readonly sharedKey?: string;
  readonly keyExpiresAt: string | null;
}

/** What this process knows of recipients besides who they are. */
@Injectable()
export class RecipientViews {
  constructor(readonly gifts: RecentGifts, readonly pockets: Pockets) {}
}

/** Finds recipients of kudos by alias, number or shared key, and says what speaks against them (horde-rules §5). */
@Injectable()
export class TransferTargets {
  constructor(
    private readonly directory: UserDirectory, private readonly sharedKeys: SharedKeyRegistry, private readonly about: RecipientViews, private readonly ports: Ports,
  ) {}

  /** By the number after the last `#`, else by the id of a shared key, whose owner receives. @throws RetryLater */
  async find(username: string): Promise<TransferTarget> {
    const id = idOfAlias(username);
    if (id !== undefined) return { to: id, user: await this.directory.byId(id), keyExpiresAt: null };
    const key = await this.sharedKeys.byId(username);
    if (!key) return { to: NOBODY, user: undefined, keyExpiresAt: null };
    const user = key.isDeleted ? undefined : await this.directory.byId(key.owner);
    return { to: key.owner, user, sharedKey: key.key, keyExpiresAt: key.expiresAt };
  }

  parties(sender: KnownUser, { to, user, keyExpiresAt }: TransferTarget): TransferParties {
    return {
      recipientUnknown: user === undefined, recipientKeyExpired: isExpired({ expiresAt: keyExpiresAt }, iso(this.ports.clock.now())),
      reversesRecentGift: this.about.gifts.given(to, sender.id),
      senderSuspicious: isSuspicious(sender), recipientSuspicious: user !== undefined && isSuspicious(user),
      senderFlagged: sender.roles.has('flagged'), recipientFlagged: user?.roles.has('flagged') ?? false,
      senderEducation: sender.roles.has('education'), recipientEducation: user?.roles.has('education') ?? false,
      senderDeleted: sender.roles.has('deleted'), recipientDeleted: user?.roles.has('deleted') ?? false,
      recipientRoom: this.about.pockets.roomOf(to),
    };
  }
}
