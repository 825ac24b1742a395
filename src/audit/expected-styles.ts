import type { Recorded } from '../kernel/event.js';
import type { Queries } from '../platform/postgres/database.js';
import type { RequestAccepted } from '../requests/request.events.js';
import type {
  CollectionChanged, CollectionCreated, StyleChanged, StyleCreated, StyleExampleAdded, StyleExampleChanged, StyleExampleRemoved,
} from '../styles/style.events.js';
import type { Columns, Drifts } from './drift.js';

interface ExpectedStyle {
  readonly kind: string;
  readonly owner: number;
  nameHash: string;
  public: boolean;
  nsfw: boolean;
  models: readonly string[];
  uses: number;
  /** In the order in which they were added. */
  readonly examples: string[];
  primary: string | null;
}
interface ExpectedCollection {
  kind: string;
  readonly owner: number;
  nameHash: string;
  public: boolean;
  styles: readonly string[];
  uses: number;
}

/** Styles and collections, folded one event at a time; their texts are sealed and not looked at. */
export class ExpectedStyles {
  readonly styles = new Map<string, ExpectedStyle>();
  readonly collections = new Map<string, ExpectedCollection>();

  add(event: Recorded): void {
    (this.handlers as Partial<Record<string, (data: object) => void>>)[event.type]?.(event.data);
  }

  private readonly handlers = {
    'StyleCreated.v1': ({ style, kind, owner, nameHash, nsfw, models, ...rest }: StyleCreated['data']) => {
      this.styles.set(style, { kind, owner, nameHash, public: rest.public, nsfw, models, uses: 0, examples: [], primary: null });
    },
    'StyleChanged.v1': (data: StyleChanged['data']) => {
      const style = this.styles.get(data.style);
      if (!style) return;
      for (const member of ['nameHash', 'public', 'nsfw', 'models'] as const) if (data[member] !== undefined) Object.assign(style, { [member]: data[member] });
    },
    'StyleDeleted.v1': ({ style }: { style: string }) => void this.styles.delete(style),
    'StyleExampleAdded.v1': ({ style: id, example, primary }: StyleExampleAdded['data']) => {
      const style = this.styles.get(id);
      style?.examples.push(example);
      if (style && primary) style.primary = example;
    },
    'StyleExampleChanged.v1': ({ style: id, example, primary }: StyleExampleChanged['data']) => {
      const style = this.styles.get(id);
      if (style && primary) style.primary = example;
    },
    'StyleExampleRemoved.v1': ({ style: id, example, promoted }: StyleExampleRemoved['data']) => {
      const style = this.styles.get(id);
      if (!style) return;
      style.examples.splice(style.examples.indexOf(example), 1);
      if (style.primary === example) style.primary = promoted;
    },
    'CollectionCreated.v1': ({ collection, kind, owner, nameHash, styles, ...rest }: CollectionCreated['data']) => {
      this.collections.set(collection, { kind, owner, nameHash, public: rest.public, styles, uses: 0 });
    },
    'CollectionChanged.v1': (data: CollectionChanged['data']) => {
      const collection = this.collections.get(data.collection);
      for (const member of ['nameHash', 'public', 'styles', 'kind'] as const)
        if (collection && data[member] !== undefined) Object.assign(collection, { [member]: data[member] });
    },
    'CollectionDeleted.v1': ({ collection }: { collection: string }) => void this.collections.delete(collection),
    'RequestAccepted.v1': ({ style: used }: RequestAccepted['data']) => {
      const style = used && this.styles.get(used.style);
      if (style) style.uses += 1;
      const collection = used?.collection === undefined ? undefined : this.collections.get(used.collection);
      if (collection) collection.uses += 1;
    },
  };
}

export const compareStyles = async (queries: Queries, drifts: Drifts, { styles, collections }: ExpectedStyles): Promise<void> => {
  const expected = new Map<string, Columns>();
  for (const [id, { kind, owner, nameHash, nsfw, models, uses, examples, primary, ...rest }] of styles)
    expected.set(id, { kind, owner, name_hash: nameHash, public: rest.public, nsfw, models: [...models], use_count: uses, examples: examples.join(), primary });
  drifts.compareAll('rm.style', expected, keyed(await queries.query<{ id: string }>(`
    SELECT id, kind, owner, name_hash, public, nsfw, models, use_count,
      coalesce((SELECT string_agg(e.id::text, ',' ORDER BY e.position) FROM rm.style_example e WHERE e.style = s.id), '') AS examples,
      (SELECT e.id FROM rm.style_example e WHERE e.style = s.id AND e."primary") AS "primary"
    FROM rm.style s`)));
  const grouped = new Map<string, Columns>();
  for (const [id, { kind, owner, nameHash, styles: members, uses, ...rest }] of collections)
    grouped.set(id, { kind, owner, name_hash: nameHash, public: rest.public, styles: members.join(), use_count: uses });
  drifts.compareAll('rm.collection', grouped, keyed(await queries.query<{ id: string }>(
    `SELECT id, kind, owner, name_hash, public, array_to_string(styles, ',') AS styles, use_count FROM rm.collection`)));
};

const keyed = (rows: readonly { readonly id: string }[]): Map<string, Columns> => new Map(rows.map((row) => [row.id, row as unknown as Columns]));
