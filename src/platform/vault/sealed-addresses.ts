import type { Ids } from '../../kernel/ids.js';
import type { Network } from '../networks.js';
import { newIv, openBytes, sealBytes } from './cipher.js';
import type { Secrets } from './secrets.js';

/** IP addresses as tables may hold them: found by a keyed hash, read only by who has the master key (docs/decisions/0031). */
export class SealedAddresses {
  constructor(private readonly secrets: Secrets, private readonly ids: Ids) {}

  /** The same for every spelling of the network. */
  hashOf({ key }: Network): string {
    return this.secrets.keyedHash('address', key);
  }

  /** Can be opened for the same `place` only. */
  seal(place: string, address: string): Buffer {
    return sealBytes(this.#key(), newIv((size) => this.ids.bytes(size)), Buffer.from(address), place);
  }

  /** @throws SealBroken */
  open(place: string, sealed: Buffer): string {
    return openBytes(this.#key(), sealed, place).toString();
  }

  #key(): Buffer {
    return this.secrets.keyFor('addresses');
  }
}
