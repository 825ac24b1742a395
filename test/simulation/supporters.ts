import { UnexpectedAnswer, type Member, type MemberSource } from '../../src/donations/member-source.js';

const EVERY_MS = 60_000;

/** A platform on which people support the horde; it cannot always be reached. */
export class Supporters implements MemberSource {
  readonly name = 'simulated';
  readonly everyMs = EVERY_MS;
  readonly list: Member[] = [];
  isBroken = false;

  members(): Promise<readonly Member[]> {
    return this.isBroken ? Promise.reject(new UnexpectedAnswer('the list is no list')) : Promise.resolve([...this.list]);
  }
}
