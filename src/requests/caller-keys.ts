import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { parseUuid } from '../kernel/ids.js';
import { NO_KUDOS } from '../kernel/kudos.js';
import { sharedKeyUseRefusals } from '../kudos/kudos.refusals.js';
import { SharedKeyRegistry, SharedKeyStyles } from '../kudos/shared-key-registry.message.js';
import { refusedBy } from '../platform/http/refusals.js';
import { ANONYMOUS, UserDirectory, type KnownUser } from '../users/directory.message.js';
import { admissionRefusals } from './request.refusals.js';

/** Who pays for a request, and by which of that user's shared keys it came; by none with the personal key. */
export interface RequestCaller {
  readonly payer: KnownUser;
  readonly sharedKey: string | undefined;
  /** A style brought the key, which waives the key's limits on a single request (horde-rules §1.10). */
  readonly isStyles?: true;
}

/** Tells from the key that a request came with whose it is: a user's own, or a shared one, which acts for its owner. */
@Injectable()
export class CallerKeys {
  constructor(
    private readonly directory: UserDirectory, private readonly sharedKeys: SharedKeyRegistry, private readonly styles: SharedKeyStyles,
    private readonly clock: Clock,
  ) {}

  /** Rows 6 to 9 of horde-api C1.1. No personal key looks like the id of a shared one. */
  async callerOf(apiKey: string, mayBeDowngraded: boolean): Promise<RequestCaller> {
    if (parseUuid(apiKey) !== undefined) return this.#byShared(apiKey, mayBeDowngraded);
    const payer = await this.directory.byKey(apiKey);
    if (!payer) throw refusedBy(admissionRefusals, 'InvalidAPIKey');
    return { payer, sharedKey: undefined };
  }

  /** The owner of a key that a style brings along; undefined when the key cannot pay: then whoever asks does. */
  async ofStyle(id: string): Promise<RequestCaller | undefined> {
    const known = await this.sharedKeys.byId(id);
    if (!known || known.isDeleted || known.remaining === NO_KUDOS || this.#isExpired(known)) return undefined;
    const payer = await this.directory.byId(known.owner);
    return payer && { payer, sharedKey: known.key, isStyles: true };
  }

  #isExpired({ expiresAt }: { readonly expiresAt: string | null }): boolean {
    return expiresAt !== null && Date.parse(expiresAt) <= this.clock.now();
  }

  async #byShared(id: string, mayBeDowngraded: boolean): Promise<RequestCaller> {
    const known = await this.sharedKeys.byId(id);
    if (!known || known.isDeleted) throw refusedBy(sharedKeyUseRefusals, 'InvalidAPIKey');
    const isEmpty = known.remaining === NO_KUDOS;
    if (isEmpty && !mayBeDowngraded) throw refusedBy(sharedKeyUseRefusals, 'SharedKeyEmpty');
    if (this.#isExpired(known)) throw refusedBy(sharedKeyUseRefusals, 'SharedKeyExpired');
    if (this.styles.sharedKeyStyles(known.key) > 0) throw refusedBy(sharedKeyUseRefusals, 'SharedKeyAssignedStyles');
    if (isEmpty) return { payer: ANONYMOUS, sharedKey: undefined };
    const payer = await this.directory.byId(known.owner);
    if (!payer) throw refusedBy(sharedKeyUseRefusals, 'InvalidAPIKey');
    return { payer, sharedKey: known.key };
  }
}
