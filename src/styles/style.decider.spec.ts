import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { given } from '../../test/support/given.js';
import { personal } from '../kernel/event.js';
import { collectionDecider } from './collection.decider.js';
import type { CollectionContent, CollectionEvent, StyleContent, StyleEvent, StyleNameEvent } from './style.events.js';
import { styleNameDecider } from './style-name.decider.js';
import { EXAMPLES_MAX, styleDecider, type StyleCommand } from './style.decider.js';

const ID = 'b7a4c1d2-3e5f-4a6b-8c9d-0e1f2a3b4c5d';
const AUTHOR = 12;
const STRANGER = 7;
const LATER = '2026-03-01T12:01:00.001Z';
const AT = '2026-03-01T12:00:00.000Z';
const text = personal(`user-${AUTHOR}`, 'text');
const content: StyleContent = {
  name: text, nameHash: 'hash', info: text, prompt: text, params: text, public: true, nsfw: false, tags: [text], models: ['m'], sharedKey: null, parameterPolicy: null,
  templateFields: null,
};
const asAuthor = { by: AUTHOR, moderator: false, at: AT };
const asStranger = { by: STRANGER, moderator: false, at: AT };
const asModerator = { by: STRANGER, moderator: true, at: AT };

const style = (...events: readonly StyleEvent[]) => given(styleDecider, ID, ...events);
const created = (kind: 'image' | 'text' = 'image'): StyleEvent => ({ type: 'StyleCreated.v1', data: { style: ID, kind, owner: AUTHOR, ...content, createdAt: AT } });
const deleted: StyleEvent = { type: 'StyleDeleted.v1', data: { style: ID, by: AUTHOR, deletedAt: AT } };
const example = (id: string, primary = false): StyleEvent => ({ type: 'StyleExampleAdded.v1', data: { style: ID, example: id, url: text, urlHash: `url-${id}`, primary, addedAt: AT } });
const add = (id: string, primary = false) => ({ type: 'AddExample', example: id, url: text, urlHash: `url-${id}`, primary, ...asAuthor } as const);
const create: StyleCommand = { type: 'CreateStyle', kind: 'image', owner: AUTHOR, content, at: AT };

describe('a style', () => {
  it('is made once', () => {
    style().when(create).then(created());
    style(created()).when(create).thenRefused('StyleExists');
    style(created(), deleted).when(create).thenRefused('StyleExists');
  });
  it('is changed by its owner in what was sent, and by nothing sent not at all', () => {
    const changes = { nameHash: 'other', name: text };
    style(created()).when({ type: 'ChangeStyle', changes, ...asAuthor }).then({ type: 'StyleChanged.v1', data: { style: ID, ...changes, changedAt: AT } });
    style(created()).when({ type: 'ChangeStyle', changes: {}, ...asAuthor }).thenNothing();
    style(created()).when({ type: 'DeleteStyle', ...asModerator }).then({ type: 'StyleDeleted.v1', data: { style: ID, by: STRANGER, deletedAt: AT } });
    expect(style(created(), { type: 'StyleChanged.v1', data: { style: ID, ...changes, changedAt: AT } }).state()).toMatchObject({ nameHash: 'other' });
  });
  it('can be looked at, whether there is one or not', () => {
    for (const events of [[], [created()], [created(), deleted]]) style(...events).when({ type: 'ReadStyle' }).thenNothing();
  });
  it.each<[string, Omit<Extract<StyleCommand, { by: number }>, 'by' | 'moderator' | 'at'>, boolean]>([
    ['changed', { type: 'ChangeStyle', changes: { public: false } } as never, false], ['removed', { type: 'DeleteStyle' } as never, true],
    ['shown', { type: 'AddExample', example: 'b', url: text, urlHash: 'url-b', primary: false } as never, true],
    ['shown otherwise', { type: 'ChangeExample', example: 'a', url: text, urlHash: 'url-c' } as never, true], ['shown less', { type: 'RemoveExample', example: 'a' } as never, true],
  ])('is %s by nobody once it is gone, never by a stranger, and by a moderator as the rules say', (_what, command, moderated) => {
    style().when({ ...command, ...asAuthor } as StyleCommand).thenRefused('StyleNotFound');
    style(created(), deleted).when({ ...command, ...asStranger } as StyleCommand).thenRefused('StyleNotFound');
    style(created(), example('a')).when({ ...command, ...asStranger } as StyleCommand).thenRefused('Forbidden');
    const asked = style(created(), example('a')).when({ ...command, ...asModerator } as StyleCommand);
    if (moderated) expect(asked.events).toHaveLength(1);
    else asked.thenRefused('Forbidden');
  });
});

describe('the examples of a style', () => {
  it('begin with the primary one, whatever was asked for', () => style(created()).when(add('a')).then(example('a', true)));
  it('go on with others, which are primary when that is asked for', () => {
    style(created(), example('a', true)).when(add('b')).then(example('b'));
    style(created(), example('a', true)).when(add('b', true)).then(example('b', true));
    style(created(), example('a', true)).when(add('a')).thenNothing(); // the same call once more
  });
  it('that were moved have their new address, and their old one is free; others stay where they are', () => {
    const moved: StyleEvent = { type: 'StyleExampleChanged.v1', data: { style: ID, example: 'b', url: text, urlHash: 'url-z', changedAt: AT } };
    const promoted: StyleEvent = { type: 'StyleExampleChanged.v1', data: { style: ID, example: 'b', primary: true, changedAt: AT } };
    const after = (...events: readonly StyleEvent[]) => style(created(), example('a', true), example('b'), ...events).state().examples;
    expect(after(moved)).toEqual([{ id: 'a', urlHash: 'url-a', primary: true }, { id: 'b', urlHash: 'url-z', primary: false }]);
    expect(after(promoted)).toEqual([{ id: 'a', urlHash: 'url-a', primary: false }, { id: 'b', urlHash: 'url-b', primary: true }]);
    expect(after({ type: 'StyleExampleRemoved.v1', data: { style: ID, example: 'a', promoted: 'b', removedAt: AT } })).toEqual([{ id: 'b', urlHash: 'url-b', primary: true }]);
  });
  it.each([
    ['StyleGetMistmatch', [created('text'), ...['a', 'b', 'c', 'd'].map((id) => example(id))]], ['TooManyStyleExamples', [created(), ...['a', 'b', 'c', 'd'].map((id) => example(id))]],
    ['ExampleURLAlreadyInUse', [created(), example('a', true)]],
  ] as const)('%s comes in this order', (rc, events) => style(...events).when({ ...add('z'), urlHash: 'url-a' }).thenRefused(rc));
  it('are moved and made primary', () => {
    const before = [created(), example('a', true), example('b')];
    style(...before).when({ type: 'ChangeExample', example: 'b', primary: true, ...asAuthor }).then({ type: 'StyleExampleChanged.v1', data: { style: ID, example: 'b', primary: true, changedAt: AT } });
    style(...before).when({ type: 'ChangeExample', example: 'b', url: text, urlHash: 'url-a', ...asAuthor }).thenRefused('ExampleURLAlreadyInUse');
    style(...before).when({ type: 'ChangeExample', example: 'b', url: text, urlHash: 'url-b', primary: false, ...asAuthor }).thenNothing();
    style(...before).when({ type: 'ChangeExample', example: 'a', primary: false, ...asAuthor }).thenRefused('PrimaryExampleNeeded');
    const moved = { example: 'a', url: text, urlHash: 'url-z' };
    style(...before).when({ type: 'ChangeExample', ...moved, ...asAuthor }).then({ type: 'StyleExampleChanged.v1', data: { style: ID, ...moved, changedAt: AT } });
    style(...before).when({ type: 'ChangeExample', example: 'z', ...asAuthor }).thenRefused('StyleExampleNotFound');
  });
  it('lose the primary one to the oldest that is left', () => {
    const removed = (id: string, promoted: string | null): StyleEvent => ({ type: 'StyleExampleRemoved.v1', data: { style: ID, example: id, promoted, removedAt: AT } });
    const before = [created(), example('a', true), example('b'), example('c')];
    style(...before).when({ type: 'RemoveExample', example: 'a', ...asAuthor }).then(removed('a', 'b'));
    style(...before).when({ type: 'RemoveExample', example: 'c', ...asAuthor }).then(removed('c', null));
    style(created(), example('a', true)).when({ type: 'RemoveExample', example: 'a', ...asAuthor }).then(removed('a', null));
    style(created()).when({ type: 'RemoveExample', example: 'a', ...asAuthor }).thenRefused('StyleExampleNotFound');
  });
  it('are four at most, with one primary among them whenever there is one, and no URL twice', () => {
    const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const commands = fc.oneof(
      fc.record({ id: ids, primary: fc.boolean() }).map(({ id, primary }) => add(id, primary)),
      fc.record({ example: ids, primary: fc.option(fc.boolean(), { nil: undefined }), to: ids }).map(({ example: id, primary, to }) =>
        ({ type: 'ChangeExample', example: id, url: text, urlHash: `url-${to}`, ...(primary === undefined ? {} : { primary }), ...asAuthor } as const)),
      ids.map((id) => ({ type: 'RemoveExample', example: id, ...asAuthor } as const)),
    );
    fc.assert(fc.property(fc.array(commands, { maxLength: 25 }), (asked) => {
      const events: StyleEvent[] = [created()];
      for (const command of asked) {
        const { decision } = style(...events).when(command);
        if (decision.outcome === 'accepted') events.push(...decision.events);
        const { examples } = style(...events).state();
        expect(examples.length).toBeLessThanOrEqual(EXAMPLES_MAX);
        expect(examples.filter(({ primary }) => primary)).toHaveLength(examples.length > 0 ? 1 : 0);
        expect(new Set(examples.map(({ urlHash }) => urlHash)).size).toBe(examples.length);
      }
    }), { numRuns: 200 });
  });
});

describe('a collection', () => {
  const members: CollectionContent = { name: text, nameHash: 'hash', info: null, public: true, styles: ['s'], kind: 'image' };
  const collection = (...events: readonly CollectionEvent[]) => given(collectionDecider, ID, ...events);
  const born: CollectionEvent = { type: 'CollectionCreated.v1', data: { collection: ID, owner: AUTHOR, ...members, createdAt: AT } };
  const gone: CollectionEvent = { type: 'CollectionDeleted.v1', data: { collection: ID, by: AUTHOR, deletedAt: AT } };
  it('is made once, changed by its owner, removed by its owner or a moderator', () => {
    collection().when({ type: 'CreateCollection', owner: AUTHOR, content: members, at: AT }).then(born);
    collection(born).when({ type: 'CreateCollection', owner: AUTHOR, content: members, at: AT }).thenRefused('CollectionExists');
    collection(born).when({ type: 'ChangeCollection', changes: { public: false }, ...asAuthor }).then({ type: 'CollectionChanged.v1', data: { collection: ID, public: false, changedAt: AT } });
    collection(born).when({ type: 'ChangeCollection', changes: {}, ...asAuthor }).thenNothing();
    for (const by of [asStranger, asModerator]) collection(born).when({ type: 'ChangeCollection', changes: { public: false }, ...by }).thenRefused('Forbidden');
    collection(born).when({ type: 'DeleteCollection', ...asStranger }).thenRefused('Forbidden');
    collection(born).when({ type: 'DeleteCollection', ...asModerator }).then({ type: 'CollectionDeleted.v1', data: { collection: ID, by: STRANGER, deletedAt: AT } });
    collection(born).when({ type: 'DeleteCollection', ...asAuthor }).then(gone);
    for (const events of [[], [born, gone]]) collection(...events).when({ type: 'DeleteCollection', ...asAuthor }).thenRefused('CollectionNotFound');
  });
  it('can be looked at, and says under which name it is now', () => {
    const changed = (changes: Partial<CollectionContent>): CollectionEvent => ({ type: 'CollectionChanged.v1', data: { collection: ID, ...changes, changedAt: AT } });
    for (const events of [[], [born], [born, gone]]) collection(...events).when({ type: 'ReadCollection' }).thenNothing();
    expect([[born], [born, changed({ nameHash: 'other' })], [born, changed({ public: false })]].map((events) => collection(...events).state().nameHash)).toEqual(['hash', 'other', 'hash']);
  });
});

describe('a name of one owner', () => {
  const name = (...events: readonly StyleNameEvent[]) => given(styleNameDecider, 'hash', ...events);
  const reserve = (holder: string) => ({ type: 'ReserveStyleName', holder, owner: AUTHOR, at: AT } as const);
  const reserved = (holder: string): StyleNameEvent => ({ type: 'StyleNameReserved.v1', data: { holder, owner: AUTHOR, reservedAt: AT } });
  const released: StyleNameEvent = { type: 'StyleNameReleased.v1', data: { holder: 'one', releasedAt: AT } };
  it('belongs to whoever came first, until it is let go', () => {
    name().when(reserve('one')).then(reserved('one'));
    name(reserved('one')).when(reserve('one')).thenNothing();
    const again: StyleNameEvent = { type: 'StyleNameReserved.v1', data: { holder: 'one', owner: AUTHOR, reservedAt: LATER } };
    name(reserved('one')).when({ ...reserve('one'), at: LATER }).then(again);
    name(reserved('one'), again).when({ type: 'ReleaseStyleName', holder: 'one', heldSince: AT, at: LATER }).thenRefused('NameInUse');
    name(reserved('one')).when(reserve('two')).thenRefused('NameTaken', { holder: 'one' });
    name(reserved('one'), released).when(reserve('two')).then(reserved('two'));
    for (const events of [[], [reserved('one')]]) name(...events).when({ type: 'ReadStyleName' }).thenNothing();
  });
  it('is let go by its holder once, and by others only when it was held long enough', () => {
    name(reserved('one')).when({ type: 'ReleaseStyleName', holder: 'one', at: AT }).then(released);
    name(reserved('two')).when({ type: 'ReleaseStyleName', holder: 'one', at: AT }).thenNothing();
    name(reserved('one'), released).when({ type: 'ReleaseStyleName', holder: 'one', at: AT }).thenNothing();
    name(reserved('one')).when({ type: 'ReleaseStyleName', holder: 'one', heldSince: '2026-03-01T11:59:59.999Z', at: AT }).thenRefused('NameInUse');
    name(reserved('one')).when({ type: 'ReleaseStyleName', holder: 'one', heldSince: AT, at: AT }).then(released);
  });
});
