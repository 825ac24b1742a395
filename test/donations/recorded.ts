import type { Asked } from './supporters-server.js';

// Answers in the form that Patreon's and Stripe's interfaces give, with invented people.

const CAMPAIGN = '4410381';
const member = (id: string, attributes: object): object => ({
  attributes: { patron_status: 'active_patron', pledge_relationship_start: '2025-06-03T18:41:09.214+00:00', ...attributes }, id, type: 'member',
});

/** Who supports on Patreon: two pages of one campaign. `ids` are the accounts here. */
export const patreon = (ids: { readonly ada: number; readonly grace: string; readonly formerly: number }) => ({ path, query }: Asked): unknown => {
  if (path === '/api/oauth2/v2/campaigns') {
    return { data: [{ attributes: {}, id: CAMPAIGN, type: 'campaign' }], meta: { pagination: { cursors: { next: null }, total: 1 } } };
  }
  if (path !== `/api/oauth2/v2/campaigns/${CAMPAIGN}/members`) return undefined;
  if (query['page[cursor]'] === undefined) {
    return {
      data: [
        member('0aa1', { currently_entitled_amount_cents: 2_500, note: JSON.stringify({ stable_id: `ada#${ids.ada}`, alias: 'Ada L.', sponsor_link: 'https://ada.example' }) }),
        member('0aa2', { currently_entitled_amount_cents: 1_000, note: 'a friend of the project', pledge_relationship_start: null }),
        member('0aa3', { currently_entitled_amount_cents: 10_000, note: JSON.stringify({ stable_id: ids.formerly }), patron_status: 'former_patron' }),
      ],
      links: { next: 'https://elsewhere.example/steal-the-token' }, meta: { pagination: { cursors: { next: '01:c2Vjb25k' }, total: 5 } },
    };
  }
  return {
    data: [
      member('0aa4', { currently_entitled_amount_cents: 300, note: JSON.stringify({ stable_id: ids.grace }) }),
      member('0aa5', { currently_entitled_amount_cents: 1_700, note: JSON.stringify({ stable_id: ids.ada }) }),
    ],
    meta: { pagination: { cursors: { next: null }, total: 5 } },
  };
};

const subscription = (id: string, product: string, parts: object): object => ({
  id, object: 'subscription', status: 'active', start_date: 1_748_976_069, metadata: {},
  items: { object: 'list', data: [{ id: `si_${id}`, object: 'subscription_item', price: { id: `price_${id}`, object: 'price', product } }] },
  customer: { id: `cus_${id}`, object: 'customer', email: null, metadata: {} }, ...parts,
});

/** Who subscribes on Stripe: two pages. */
export const stripe = (ids: { readonly ada: number; readonly grace: string }) => ({ path, query }: Asked): unknown => {
  if (path === '/v1/products') {
    return { object: 'list', has_more: false, data: [
      { id: 'prod_1', object: 'product', name: 'Recognised' }, { id: 'prod_2', object: 'product', name: 'Cherised' }, { id: 'prod_3', object: 'product', name: 'A mug' },
    ] };
  }
  if (path !== '/v1/subscriptions') return undefined;
  if (query['starting_after'] === undefined) {
    return { object: 'list', has_more: true, data: [
      subscription('sub_1', 'prod_1', { metadata: { horde_id: String(ids.ada) } }),
      subscription('sub_2', 'prod_2', { customer: { id: 'cus_2', object: 'customer', email: 'grace@example.org', metadata: {} } }),
    ] };
  }
  return { object: 'list', has_more: false, data: [
    subscription('sub_3', 'prod_3', { customer: { id: 'cus_3', object: 'customer', email: 'x@example.org', metadata: { horde: ids.grace } } }),
    subscription('sub_4', 'prod_1', { customer: { id: 'cus_4', object: 'customer', deleted: true } }),
    subscription('sub_5', 'prod_1', { status: 'past_due', metadata: { horde_id: '9' } }),
  ] };
};
