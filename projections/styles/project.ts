import { plainText, type Personal, type Recorded } from '../../src/kernel/event.js';
import type { Projection, Statement } from '../../src/kernel/projection.js';
import type { RequestAccepted } from '../../src/requests/request.events.js';
import type {
  CollectionChanged, CollectionContent, CollectionCreated, CollectionDeleted, StyleChanged, StyleContent, StyleCreated, StyleDeleted, StyleExampleAdded,
  StyleExampleChanged, StyleExampleRemoved,
} from '../../src/styles/style.events.js';
import { numbers, plain } from '../columns.js';
import { schemaBeside } from '../load-schema.js';

/**
 * Styles, their examples and collections. People change them seldom, so each change is a statement of its own, in order; uses
 * are many, and counted once a batch.
 */
export const styles: Projection = {
  name: 'styles',
  version: 1,
  schema: schemaBeside(import.meta.url),
  tables: ['style', 'style_example', 'collection'],
  handles: (type) => type === 'RequestAccepted.v1' || Object.hasOwn(STATEMENTS, type),
  project: (events) => {
    const uses = new Uses();
    const statements = events.flatMap((event) => {
      if (event.type !== 'RequestAccepted.v1') return STATEMENTS[event.type as keyof typeof STATEMENTS](event as never);
      uses.add(event.data as RequestAccepted['data']);
      return [];
    });
    return [...statements, ...uses.statements()]; // whatever was used existed before
  },
};

type Of<Event extends { readonly data: object }> = Pick<Recorded, 'position'> & { readonly data: Event['data'] };

const created = ({ data, position }: Of<StyleCreated>): Statement[] => {
  const columns = styleColumns(data);
  const names = ['id', 'kind', 'owner', 'use_count', 'position', ...columns.map(([name]) => name)];
  return [{
    text: `INSERT INTO rm.style (${names.join(', ')}) VALUES (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    values: [data.style, data.kind, data.owner, 0, position, ...columns.map(([, value]) => value)],
  }];
};
const changed = ({ data }: Of<StyleChanged>): Statement[] => [updated('style', data.style, styleColumns(data))];
const deleted = ({ data: { style } }: Of<StyleDeleted>): Statement[] => [
  { text: 'DELETE FROM rm.style WHERE id = $1', values: [style] }, { text: 'DELETE FROM rm.style_example WHERE style = $1', values: [style] },
];

const exampleAdded = ({ data: { style, example, url, primary }, position }: Of<StyleExampleAdded>): Statement[] => [
  { text: 'INSERT INTO rm.style_example (id, style, url, "primary", position) VALUES ($1, $2, $3, $4, $5)', values: [example, style, storable(url), primary, position] },
  ...(primary ? [onlyPrimary(style, example)] : []),
];
const exampleChanged = ({ data: { style, example, url, primary } }: Of<StyleExampleChanged>): Statement[] => [
  ...(url ? [{ text: 'UPDATE rm.style_example SET url = $2 WHERE id = $1', values: [example, storable(url)] }] : []),
  ...(primary ? [onlyPrimary(style, example)] : []),
];
const exampleRemoved = ({ data: { style, example, promoted } }: Of<StyleExampleRemoved>): Statement[] => [
  { text: 'DELETE FROM rm.style_example WHERE id = $1', values: [example] },
  ...(promoted === null ? [] : [onlyPrimary(style, promoted)]),
];
const onlyPrimary = (style: string, example: string): Statement => ({ text: 'UPDATE rm.style_example SET "primary" = (id = $2) WHERE style = $1', values: [style, example] });

const collectionCreated = ({ data, position }: Of<CollectionCreated>): Statement[] => {
  const columns = collectionColumns(data);
  const names = ['id', 'owner', 'use_count', 'position', ...columns.map(([name]) => name)];
  return [{
    text: `INSERT INTO rm.collection (${names.join(', ')}) VALUES (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    values: [data.collection, data.owner, 0, position, ...columns.map(([, value]) => value)],
  }];
};
const collectionChanged = ({ data }: Of<CollectionChanged>): Statement[] => [updated('collection', data.collection, collectionColumns(data))];
const collectionDeleted = ({ data: { collection } }: Of<CollectionDeleted>): Statement[] => [{ text: 'DELETE FROM rm.collection WHERE id = $1', values: [collection] }];

const STATEMENTS = {
  'StyleCreated.v1': created, 'StyleChanged.v1': changed, 'StyleDeleted.v1': deleted,
  'StyleExampleAdded.v1': exampleAdded, 'StyleExampleChanged.v1': exampleChanged, 'StyleExampleRemoved.v1': exampleRemoved,
  'CollectionCreated.v1': collectionCreated, 'CollectionChanged.v1': collectionChanged, 'CollectionDeleted.v1': collectionDeleted,
} as const;

type Column = readonly [name: string, value: unknown];
const updated = (table: 'style' | 'collection', id: string, columns: readonly Column[]): Statement => ({
  text: `UPDATE rm.${table} SET ${columns.map(([name], at) => `${name} = $${at + 2}`).join(', ')} WHERE id = $1`,
  values: [id, ...columns.map(([, value]) => value)],
});

/** The columns of the members that an event has. */
const styleColumns = ({ name, nameHash, info, prompt, params, nsfw, tags, models, sharedKey, parameterPolicy, templateFields, public: isPublic }: Partial<StyleContent>): Column[] => present([
  ['name', name && storable(name)], ['name_hash', nameHash], ['info', info && storable(info)], ['prompt', prompt && storable(prompt)],
  ['params', params && storable(params)], ['public', isPublic], ['nsfw', nsfw], ['tags', tags?.flatMap((tag) => storable(tag) ?? [])], ['models', models],
  ['shared_key', sharedKey && sharedKey.key], ['shared_key_id', sharedKey && storable(sharedKey.id)],
  ['parameter_policy', parameterPolicy && JSON.stringify(parameterPolicy)],
  ['template_fields', templateFields && storable(templateFields)],
]);
const collectionColumns = ({ name, nameHash, info, styles: members, kind, public: isPublic }: Partial<CollectionContent>): Column[] => present([
  ['name', name && storable(name)], ['name_hash', nameHash], ['info', info && storable(info)], ['styles', members], ['kind', kind], ['public', isPublic],
]);
const present = (columns: readonly Column[]): Column[] => columns.filter(([, value]) => value !== undefined);

/** PostgreSQL stores no NUL; what is sealed or erased is null. */
const storable = (text: Personal): string | null => plainText(text)?.replaceAll('\0', '\ufffd') ?? null;

/** A use counts once for the style, and once for the collection that drew it (Q51). */
class Uses {
  private readonly styles = new Map<string, number>();
  private readonly collections = new Map<string, number>();

  add({ style }: RequestAccepted['data']): void {
    if (!style) return;
    this.styles.set(style.style, (this.styles.get(style.style) ?? 0) + 1);
    if (style.collection !== undefined) this.collections.set(style.collection, (this.collections.get(style.collection) ?? 0) + 1);
  }

  statements(): Statement[] {
    return [...counted('style', this.styles), ...counted('collection', this.collections)];
  }
}
const counted = (table: 'style' | 'collection', uses: ReadonlyMap<string, number>): Statement[] => (uses.size === 0 ? [] : [{
  text: `UPDATE rm.${table} AS t SET use_count = t.use_count + u.uses FROM unnest($1::uuid[], $2::bigint[]) AS u (id, uses) WHERE t.id = u.id`,
  values: [plain([...uses.keys()]), numbers([...uses.values()])],
}]);
