import type { ParameterPolicy, StyleKind, TemplateField } from '../../src/requests/rules/style-contract.js';
import { firstOf, num, rowsOf, text, textOrNull, type Queries, type Row } from '../rows.js';

export interface StyleExample {
  readonly id: string;
  readonly url: string;
  readonly primary: boolean;
}
/** A style whose texts can be read; one that was erased is not there any more. */
export interface Style {
  readonly id: string;
  readonly kind: StyleKind;
  readonly owner: number;
  readonly name: string;
  readonly nameHash: string;
  readonly info: string;
  readonly prompt: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly public: boolean;
  readonly nsfw: boolean;
  readonly tags: readonly string[];
  readonly models: readonly string[];
  /** The id of the key that pays for its use. */
  readonly sharedKey: string | null;
  readonly parameterPolicy: ParameterPolicy | null;
  readonly templateFields: readonly TemplateField[] | null;
  readonly useCount: number;
  readonly examples: readonly StyleExample[];
}
export interface Collection {
  readonly id: string;
  readonly kind: StyleKind;
  readonly owner: number;
  readonly name: string;
  readonly nameHash: string;
  readonly info: string | null;
  readonly public: boolean;
  /** Those that are still there, in the order of the owner. */
  readonly styles: readonly { readonly id: string; readonly name: string; readonly owner: number }[];
  readonly useCount: number;
}

/** horde-api B.8. */
export const STYLES_PAGE_SIZE = 25;
export type StyleSort = 'popular' | 'age';

/** Texts of erased people are null. */
const READABLE = 's.name IS NOT NULL AND s.prompt IS NOT NULL';
const SELECT_STYLE = `
SELECT s.*, coalesce((SELECT json_agg(json_build_object('id', e.id, 'url', e.url, 'primary', e."primary") ORDER BY e.position)
  FROM rm.style_example e WHERE e.style = s.id AND e.url IS NOT NULL), '[]') AS examples
FROM rm.style s WHERE ${READABLE}`;

export const findStyle = async (db: Queries, id: string): Promise<Style | undefined> => {
  const row = await firstOf(db, `${SELECT_STYLE} AND s.id = $1`, [id], 'styles.by-id');
  return row && styleOf(row);
};

/** In the order of the ids; those that are gone are left out. */
export const findStyles = async (db: Queries, ids: readonly string[]): Promise<Style[]> => {
  const rows = await rowsOf(db, `${SELECT_STYLE} AND s.id = ANY($1::uuid[]) ORDER BY array_position($1::uuid[], s.id)`, [ids]);
  return rows.map(styleOf);
};

/** Of anybody, or of one owner: the oldest of that name. */
export const findStyleByName = async (db: Queries, name: string, owner: number | null): Promise<Style | undefined> => {
  const row = await firstOf(db, `${SELECT_STYLE} AND s.name = $1 AND ($2::int IS NULL OR s.owner = $2) ORDER BY s.position LIMIT 1`, [name, owner], 'styles.by-name');
  return row && styleOf(row);
};

export interface StylePage {
  readonly kind: StyleKind;
  readonly page: number;
  readonly sort: StyleSort;
  readonly tag: string | undefined;
  readonly model: string | undefined;
}
export const stylePage = async (db: Queries, { kind, page, sort, tag, model }: StylePage): Promise<Style[]> => {
  const rows = await rowsOf(db, `${SELECT_STYLE} AND s.public AND s.kind = $1 AND ($2::text IS NULL OR $2 = ANY(s.tags)) AND ($3::text IS NULL OR $3 = ANY(s.models))
    ORDER BY ${orderOf('s', sort)} LIMIT $4 OFFSET $5`, [kind, tag ?? null, model ?? null, STYLES_PAGE_SIZE, (page - 1) * STYLES_PAGE_SIZE]);
  return rows.map(styleOf);
};
const orderOf = (table: string, sort: StyleSort): string => (sort === 'age' ? `${table}.position` : `${table}.use_count DESC, ${table}.position`);

export interface OwnedStyle {
  readonly id: string;
  readonly name: string;
  readonly kind: StyleKind;
  readonly public: boolean;
}
/** Everything that a user has made, oldest first. */
export const stylesOf = async (db: Queries, owner: number): Promise<OwnedStyle[]> => {
  const rows = await rowsOf(db, `SELECT s.id, s.name, s.kind, s.public FROM rm.style s WHERE ${READABLE} AND s.owner = $1 ORDER BY s.position`, [owner]);
  return rows.map((row) => ({ id: text(row['id']), name: text(row['name']), kind: row['kind'] as StyleKind, public: row['public'] as boolean }));
};

/** Which styles bring a shared key along: a node loads them at start and folds the feed on top. */
export const sharedKeyStyles = async (db: Queries): Promise<{ style: string; key: string }[]> =>
  (await rowsOf(db, 'SELECT id, shared_key FROM rm.style WHERE shared_key IS NOT NULL')).map((row) => ({ style: text(row['id']), key: text(row['shared_key']) }));

const SELECT_COLLECTION = `
SELECT c.*, coalesce((SELECT json_agg(json_build_object('id', s.id, 'name', s.name, 'owner', s.owner) ORDER BY array_position(c.styles, s.id))
  FROM rm.style s WHERE s.id = ANY(c.styles) AND ${READABLE}), '[]') AS members
FROM rm.collection c WHERE c.name IS NOT NULL`;

export const findCollection = async (db: Queries, id: string): Promise<Collection | undefined> => {
  const row = await firstOf(db, `${SELECT_COLLECTION} AND c.id = $1`, [id]);
  return row && collectionOf(row);
};
export const findCollectionByName = async (db: Queries, name: string, owner: number | null): Promise<Collection | undefined> => {
  const row = await firstOf(db, `${SELECT_COLLECTION} AND c.name = $1 AND ($2::int IS NULL OR c.owner = $2) ORDER BY c.position LIMIT 1`, [name, owner]);
  return row && collectionOf(row);
};
export const collectionPage = async (db: Queries, { page, sort, kind }: { readonly page: number; readonly sort: StyleSort; readonly kind: StyleKind | undefined }): Promise<Collection[]> => {
  const rows = await rowsOf(db, `${SELECT_COLLECTION} AND c.public AND ($1::text IS NULL OR c.kind = $1) ORDER BY ${orderOf('c', sort)} LIMIT $2 OFFSET $3`,
    [kind ?? null, STYLES_PAGE_SIZE, (page - 1) * STYLES_PAGE_SIZE]);
  return rows.map(collectionOf);
};

const styleOf = (row: Row): Style => ({
  id: text(row['id']), kind: row['kind'] as StyleKind, owner: num(row['owner']), name: text(row['name']), nameHash: text(row['name_hash']),
  info: textOrNull(row['info']) ?? '', prompt: text(row['prompt']), params: JSON.parse(textOrNull(row['params']) ?? '{}') as Style['params'],
  public: row['public'] as boolean, nsfw: row['nsfw'] as boolean, tags: row['tags'] as string[], models: row['models'] as string[],
  sharedKey: textOrNull(row['shared_key_id']), parameterPolicy: (row['parameter_policy'] ?? null) as ParameterPolicy | null,
  templateFields: JSON.parse(textOrNull(row['template_fields']) ?? 'null') as TemplateField[] | null,
  useCount: num(row['use_count']), examples: row['examples'] as StyleExample[],
});
const collectionOf = (row: Row): Collection => ({
  id: text(row['id']), kind: row['kind'] as StyleKind, owner: num(row['owner']), name: text(row['name']), nameHash: text(row['name_hash']),
  info: textOrNull(row['info']), public: row['public'] as boolean, styles: row['members'] as Collection['styles'], useCount: num(row['use_count']),
});
