import type { Outbound } from '../platform/outbound/outbound.js';
import { isObject, listAt, objectAt, textOf, timeOf, UnexpectedAnswer, type Json, type Member, type MemberSource } from './member-source.js';
import { patreonThanks } from './tiers.js';

export const PATREON_URL = 'https://www.patreon.com';
/** horde-rules §1.11. */
const EVERY_MS = 3_600_000;
/** As many as Patreon gives at once; and more pages than the horde will ever have supporters for. */
const PAGE = 500;
const PAGES_MAX = 200;
const MEMBER_FIELDS = 'currently_entitled_amount_cents,note,patron_status,pledge_relationship_start';

/** The active patrons of the creator's campaigns. Who they are here stands in the creator's note on each, as JSON with a `stable_id`. */
export class PatreonMembers implements MemberSource {
  readonly name = 'Patreon';
  readonly everyMs = EVERY_MS;

  constructor(private readonly outbound: Outbound, private readonly options: { readonly url: string; readonly token: string }) {}

  async members(): Promise<readonly Member[]> {
    const campaigns = (await this.#all('/api/oauth2/v2/campaigns', {})).map((campaign) => textOf(campaign['id']));
    const members: Member[] = [];
    for (const id of campaigns) {
      if (id === undefined || !/^\w+$/.test(id)) throw new UnexpectedAnswer('a campaign without an id');
      const found = await this.#all(`/api/oauth2/v2/campaigns/${id}/members`, { 'fields[member]': MEMBER_FIELDS });
      members.push(...found.flatMap((member) => memberOf(member) ?? []));
    }
    return members;
  }

  /** Every page; the cursor is taken from the answer, its address is not. */
  async #all(path: string, fields: Readonly<Record<string, string>>): Promise<Json[]> {
    const found: Json[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      const url = new URL(path, this.options.url);
      url.search = new URLSearchParams({ ...fields, 'page[count]': String(PAGE), ...(cursor === undefined ? {} : { 'page[cursor]': cursor }) }).toString();
      const answer = objectAt(await this.outbound.getJson({ url, headers: { authorization: `Bearer ${this.options.token}` } }), path);
      found.push(...listAt(answer['data'], `${path} data`).map((each) => objectAt(each, `${path} data`)));
      cursor = nextOf(answer);
      if (cursor === undefined) return found;
    }
    throw new UnexpectedAnswer(`${path} has no end`);
  }
}

const nextOf = ({ meta }: Json): string | undefined => {
  const pagination = isObject(meta) && isObject(meta['pagination']) ? meta['pagination'] : {};
  return isObject(pagination['cursors']) ? textOf(pagination['cursors']['next']) : undefined;
};

const memberOf = ({ attributes }: Json): Member | undefined => {
  const { patron_status: status, note, currently_entitled_amount_cents: cents, pledge_relationship_start: start } = objectAt(attributes, 'attributes of a member');
  const alias = stableIdIn(note);
  if (status !== 'active_patron' || alias === undefined) return undefined;
  return { holder: { alias }, thanks: patreonThanks(typeof cents === 'number' ? cents : 0), since: timeOf(start) };
};

/** Notes are written by people: most are none of ours. */
const stableIdIn = (note: unknown): string | undefined => {
  if (typeof note !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(note);
    const id = isObject(parsed) ? parsed['stable_id'] : undefined;
    return typeof id === 'number' ? String(id) : textOf(id);
  } catch {
    return undefined;
  }
};
