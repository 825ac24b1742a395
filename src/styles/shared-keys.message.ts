import { Injectable } from '@nestjs/common';

/** What a style must know of the shared key that shall pay for its use. */
export interface AssignableKey {
  readonly owner: number;
  readonly isEmpty: boolean;
  readonly isExpired: boolean;
  /** As the API shows the key to its owner. */
  readonly view: object;
}

/** Shared keys, as styles ask for them. */
@Injectable()
export abstract class AssignableKeys {
  abstract find(sharedKey: string): Promise<AssignableKey | undefined>;
}

/** A server without shared keys. */
export class NoAssignableKeys extends AssignableKeys {
  find(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
