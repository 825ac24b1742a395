import { OPERATOR_ID } from './directory.message.js';

/** Who may do what admins may: by number, so that a rename neither gains nor loses it (Q04). The operator always. */
export class Admins {
  readonly #ids: ReadonlySet<number>;

  constructor(ids: readonly number[]) {
    this.#ids = new Set([OPERATOR_ID, ...ids]);
  }

  has(user: number): boolean {
    return this.#ids.has(user);
  }
}
