import type { Outbound } from '../platform/outbound/outbound.js';
import { isObject, listAt, objectAt, textOf, timeOf, UnexpectedAnswer, type Json, type Member, type MemberSource } from './member-source.js';
import { stripeThanks } from './tiers.js';

export const STRIPE_URL = 'https://api.stripe.com';
/** horde-rules §1.11. */
const EVERY_MS = 1_800_000;
/** As many as Stripe gives at once; and more pages than the horde will ever have supporters for. */
const PAGE = 100;
const PAGES_MAX = 1_000;

/** Active subscriptions. Who they are here stands in their metadata; else the customer's address is looked up among contacts. */
export class StripeMembers implements MemberSource {
  readonly name = 'Stripe';
  readonly everyMs = EVERY_MS;

  constructor(private readonly outbound: Outbound, private readonly options: { readonly url: string; readonly key: string }) {}

  async members(): Promise<readonly Member[]> {
    const products = new Map((await this.#all('/v1/products', {})).map(({ id, name }) => [textOf(id), textOf(name) ?? '']));
    const subscriptions = await this.#all('/v1/subscriptions', { status: 'active', 'expand[]': 'data.customer' });
    return subscriptions.flatMap((subscription) => memberOf(subscription, (product) => products.get(product) ?? '') ?? []);
  }

  async #all(path: string, parameters: Readonly<Record<string, string>>): Promise<Json[]> {
    const found: Json[] = [];
    let after: string | undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      const url = new URL(path, this.options.url);
      url.search = new URLSearchParams({ ...parameters, limit: String(PAGE), ...(after === undefined ? {} : { starting_after: after }) }).toString();
      const answer = objectAt(await this.outbound.getJson({ url, headers: { authorization: `Bearer ${this.options.key}` } }), path);
      const data = listAt(answer['data'], `${path} data`).map((each) => objectAt(each, `${path} data`));
      found.push(...data);
      if (answer['has_more'] !== true) return found;
      after = textOf(data.at(-1)?.['id']);
      if (after === undefined) throw new UnexpectedAnswer(`${path} has more, and does not say after what`);
    }
    throw new UnexpectedAnswer(`${path} has no end`);
  }
}

const memberOf = (subscription: Json, nameOf: (product: string) => string): Member | undefined => {
  const status = textOf(subscription['status']);
  if (status === undefined) throw new UnexpectedAnswer('a subscription without a status'); // not ours to take for one that has ended
  if (status !== 'active') return undefined;
  const holder = holderOf(subscription);
  return holder && { holder, thanks: stripeThanks(nameOf(productOf(subscription))), since: timeOf(subscription['start_date']) };
};

/** Of its first item: supporters have one. */
const productOf = ({ items }: Json): string => {
  const [item] = listAt(objectAt(items, 'items of a subscription')['data'], 'items of a subscription');
  const { price } = objectAt(item, 'an item of a subscription');
  return textOf(objectAt(price, 'the price of an item')['product']) ?? '';
};

const holderOf = ({ metadata, customer }: Json): Member['holder'] | undefined => {
  const known = isObject(customer) ? customer : {};
  for (const named of [metadata, known['metadata']]) {
    const alias = isObject(named) ? (textOf(named['horde_id']) ?? textOf(named['horde'])) : undefined;
    if (alias !== undefined) return { alias };
  }
  const contact = textOf(known['email']);
  return contact === undefined ? undefined : { contact };
};
