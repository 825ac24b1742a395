import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { styles } from '../../projections/styles/project.js';
import {
  collectionPage, findCollection, findCollectionByName, findStyle, findStyleByName, findStyles, sharedKeyStyles, stylePage, stylesOf, STYLES_PAGE_SIZE,
} from '../../projections/styles/queries.js';
import { personal, type Personal, type Recorded } from '../../src/kernel/event.js';
import type { CollectionCreated, StyleCreated } from '../../src/styles/style.events.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { imageFacts } from '../support/request-facts.js';
import { deliver, emptied } from './delivery.js';

const AT = '2026-01-01T00:00:00.000Z';
const AUTHOR = 7;
const OTHER = 8;
const KEY = '11111111-1111-4111-8111-111111111111';
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const text = (plain: string): Personal => personal('user-7', plain);

const recorded = (facts: readonly { type: string; data: object }[]): Recorded[] => facts.map(({ type, data }, index) => ({
  stream: 'any-1', revision: index, position: index * 10, id: String(index), type, data,
  metadata: { $correlationId: '', $causationId: '', prevHash: null, actor: { kind: 'system' }, schema: 1, node: 'test' },
}));
const made = (number: number, parts: Partial<StyleCreated['data']> = {}) => ({ type: 'StyleCreated.v1', data: {
  style: id(number), kind: 'image', owner: AUTHOR, name: text(`style ${number}`), nameHash: `hash ${number}`, info: text('An info'), prompt: text('{p}{np}'), params: text('{"steps":20}'),
  public: true, nsfw: false, tags: [text('oil')], models: ['Deliberate'], sharedKey: null, parameterPolicy: null, templateFields: null, createdAt: AT, ...parts,
} satisfies StyleCreated['data'] });
const grouped = (number: number, parts: Partial<CollectionCreated['data']> = {}) => ({ type: 'CollectionCreated.v1', data: {
  collection: id(number), kind: 'image', owner: AUTHOR, name: text(`collection ${number}`), nameHash: `hash ${number}`, info: null, public: true, styles: [id(2), id(1)], createdAt: AT, ...parts,
} satisfies CollectionCreated['data'] });
const used = (style: number, collection?: number) => ({ type: 'RequestAccepted.v1', data: imageFacts({
  request: 'r', payer: OTHER, acceptedAt: AT, style: { style: id(style), ...(collection === undefined ? {} : { collection: id(collection) }) },
}) });
const shown = (style: number, example: number, primary: boolean) => ({ type: 'StyleExampleAdded.v1', data: { style: id(style), example: id(example), url: text(`https://${example}`), urlHash: `${example}`, primary, addedAt: AT } });

const HISTORY = recorded([
  made(1), made(2, { tags: [text('ink'), text('oil')], models: ['stable_diffusion', 'Deliberate'], sharedKey: { key: 'hash of a key', id: text(KEY) } }), made(3, { public: false }), made(4, { kind: 'text' }),
  made(5, { owner: OTHER, name: text('style 1') }), made(6, { name: { subject: 'user-9', erased: true }, prompt: { subject: 'user-9', erased: true } }), made(9),
  grouped(11), grouped(12, { owner: OTHER, public: false, name: text('collection 11') }), grouped(13, { kind: 'text', styles: [id(4)] }), grouped(14),
  used(1), used(2, 11), used(2, 11), used(2), used(3), { type: 'RequestAccepted.v1', data: imageFacts({ request: 'r', payer: OTHER, acceptedAt: AT }) },
  shown(1, 21, true), shown(1, 22, false), shown(1, 23, true), shown(9, 24, true),
  { type: 'StyleExampleChanged.v1', data: { style: id(1), example: id(22), url: text('https://other'), urlHash: 'x', primary: true, changedAt: AT } },
  { type: 'StyleExampleRemoved.v1', data: { style: id(1), example: id(22), promoted: id(21), removedAt: AT } },
  { type: 'StyleChanged.v1', data: { style: id(1), name: text('renamed'), nameHash: 'other', tags: [], changedAt: AT } },
  { type: 'StyleDeleted.v1', data: { style: id(9), by: AUTHOR, deletedAt: AT } }, used(9, 11),
  { type: 'CollectionChanged.v1', data: { collection: id(11), info: text('About'), styles: [id(9), id(1), id(2)], kind: 'image', changedAt: AT } },
  { type: 'CollectionDeleted.v1', data: { collection: id(14), by: AUTHOR, deletedAt: AT } },
]);

describe('the read model of styles', () => {
  let test: TestDatabase;
  beforeAll(async () => (test = await freshDatabase('styles')), 60_000);
  afterAll(() => test.close());

  describe.each([[[]], [HISTORY.map(() => 1)], [[3, 9, 2]]])('in batches of %j', (sizes) => {
    beforeAll(async () => {
      await emptied(test.database, [styles]);
      await deliver(test.database, styles, { events: HISTORY, sizes });
    });

    it('finds a style by id and by name, the oldest of that name first', async () => {
      expect(await findStyle(test.database, id(1))).toMatchObject({
        id: id(1), kind: 'image', owner: AUTHOR, name: 'renamed', nameHash: 'other', info: 'An info', prompt: '{p}{np}', params: { steps: 20 }, tags: [], useCount: 1,
        examples: [{ id: id(21), url: 'https://21', primary: true }, { id: id(23), url: 'https://23', primary: false }],
      });
      expect((await findStyleByName(test.database, 'style 2', null))?.id).toBe(id(2));
      expect((await findStyleByName(test.database, 'style 1', null))?.id).toBe(id(5));
      expect(await findStyleByName(test.database, 'style 1', AUTHOR)).toBeUndefined();
      expect((await findStyles(test.database, [id(4), id(9), id(2)])).map((style) => style.id)).toEqual([id(4), id(2)]);
    });
    it('finds nobody\'s style that was erased or removed', async () => {
      expect([await findStyle(test.database, id(6)), await findStyle(test.database, id(9))]).toEqual([undefined, undefined]);
    });
    it('lists the public ones: by use or by age, by tag and by model', async () => {
      const page = async (parts: object) => (await stylePage(test.database, { kind: 'image', page: 1, sort: 'popular', tag: undefined, model: undefined, ...parts })).map((style) => style.id);
      expect(await page({})).toEqual([id(2), id(1), id(5)]);
      expect(await page({ sort: 'age' })).toEqual([id(1), id(2), id(5)]);
      expect(await page({ tag: 'ink' })).toEqual([id(2)]);
      expect(await page({ tag: 'oil', sort: 'age' })).toEqual([id(2), id(5)]);
      expect(await page({ model: 'stable_diffusion' })).toEqual([id(2)]);
      expect(await page({ kind: 'text' })).toEqual([id(4)]);
      expect(await page({ page: 2 })).toEqual([]);
    });
    it('knows what somebody has made, and what a shared key pays for', async () => {
      expect((await stylesOf(test.database, AUTHOR)).map(({ name }) => name)).toEqual(['renamed', 'style 2', 'style 3', 'style 4']);
      expect(await sharedKeyStyles(test.database)).toEqual([{ style: id(2), key: 'hash of a key' }]);
      expect((await findStyle(test.database, id(2)))?.sharedKey).toBe(KEY);
    });
    it('shows collections with the styles that are left, in their owner\'s order', async () => {
      expect(await findCollection(test.database, id(11))).toMatchObject({
        kind: 'image', name: 'collection 11', info: 'About', useCount: 3, styles: [{ id: id(1), name: 'renamed', owner: AUTHOR }, { id: id(2), name: 'style 2', owner: AUTHOR }],
      });
      expect((await findCollectionByName(test.database, 'collection 11', OTHER))?.id).toBe(id(12));
      expect(await findCollection(test.database, id(14))).toBeUndefined();
      const page = async (kind?: 'image' | 'text') => (await collectionPage(test.database, { page: 1, sort: 'popular', kind })).map((collection) => collection.id);
      expect([await page(), await page('text')]).toEqual([[id(11), id(13)], [id(13)]]);
    });
  });

  it('has pages of 25, none of which is shown twice', async () => {
    await emptied(test.database, [styles]);
    await deliver(test.database, styles, { events: recorded(Array.from({ length: 30 }, (_, index) => made(index))), sizes: [] });
    const page = async (number: number) => (await stylePage(test.database, { kind: 'image', page: number, sort: 'popular', tag: undefined, model: undefined })).map((style) => style.id);
    const [first, second] = [await page(1), await page(2)];
    expect([first.length, second.length]).toEqual([STYLES_PAGE_SIZE, 5]);
    expect(new Set([...first, ...second]).size).toBe(30);
  });
});
