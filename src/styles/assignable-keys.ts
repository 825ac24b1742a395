import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { NO_KUDOS } from '../kernel/kudos.js';
import { SharedKeyRegistry, SharedKeyViews } from '../kudos/shared-key-registry.message.js';

/** What a style must know of the shared key that shall pay for its use. */
export interface AssignableKey {
  /** Names it in events. */
  readonly key: string;
  readonly owner: number;
  readonly isEmpty: boolean;
  readonly isExpired: boolean;
}

/** Shared keys, as styles ask for them. */
@Injectable()
export class AssignableKeys {
  constructor(private readonly registry: SharedKeyRegistry, private readonly views: SharedKeyViews, private readonly clock: Clock) {}

  /** Undefined when there is no such key. @throws RetryLater */
  async find(id: string): Promise<AssignableKey | undefined> {
    const known = await this.registry.byId(id);
    if (!known || known.isDeleted) return undefined;
    const { key, owner, expiresAt, remaining } = known;
    return { key, owner, isEmpty: remaining === NO_KUDOS, isExpired: expiresAt !== null && Date.parse(expiresAt) <= this.clock.now() };
  }

  /** As its owner sees it. */
  view(id: string): Promise<object | undefined> {
    return this.views.view(id);
  }
}
