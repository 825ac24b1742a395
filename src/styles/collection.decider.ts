import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import { unreachable } from '../kernel/unreachable.js';
import type { CollectionContent, CollectionEvent } from './style.events.js';

export interface Collection {
  readonly id: string;
  owner: number | undefined;
  nameHash: string | undefined;
  deleted: boolean;
}
interface Asked {
  readonly by: number;
  readonly moderator: boolean;
  readonly at: string;
}
export type CollectionCommand =
  | { readonly type: 'CreateCollection'; readonly owner: number; readonly content: CollectionContent; readonly at: string }
  | ({ readonly type: 'ChangeCollection'; readonly changes: Partial<CollectionContent> } & Asked)
  | ({ readonly type: 'DeleteCollection' } & Asked)
  /** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
  | { readonly type: 'ReadCollection' };
export type CollectionRc = 'CollectionNotFound' | 'Forbidden' | 'CollectionExists';

type Decided = Decision<CollectionEvent, CollectionRc>;
type Command<Type extends CollectionCommand['type']> = Extract<CollectionCommand, { type: Type }>;

const decide = (command: CollectionCommand, collection: Collection): Decided => {
  if (command.type === 'ReadCollection') return accept();
  if (command.type === 'CreateCollection') return create(command, collection);
  if (collection.owner === undefined || collection.deleted) return refuse('CollectionNotFound');
  switch (command.type) {
    case 'ChangeCollection': return change(command, collection);
    case 'DeleteCollection': return remove(command, collection);
    default: return unreachable(command);
  }
};

/** Under a name that was reserved for it: whoever comes second finds the collection there. */
const create = ({ owner, content, at }: Command<'CreateCollection'>, { id: collection, owner: other }: Collection): Decided =>
  (other === undefined ? accept({ type: 'CollectionCreated.v1', data: { collection, owner, ...content, createdAt: at } }) : refuse('CollectionExists'));

const change = ({ by, changes, at }: Command<'ChangeCollection'>, { id: collection, owner }: Collection): Decided => {
  if (by !== owner) return refuse('Forbidden');
  return Object.keys(changes).length === 0 ? accept() : accept({ type: 'CollectionChanged.v1', data: { collection, ...changes, changedAt: at } });
};

const remove = ({ by, moderator, at }: Command<'DeleteCollection'>, { id: collection, owner }: Collection): Decided =>
  (by === owner || moderator ? accept({ type: 'CollectionDeleted.v1', data: { collection, by, deletedAt: at } }) : refuse('Forbidden'));

const evolve = (collection: Collection, event: CollectionEvent): Collection => {
  switch (event.type) {
    case 'CollectionCreated.v1':
      return Object.assign(collection, { owner: event.data.owner, nameHash: event.data.nameHash });
    case 'CollectionChanged.v1':
      collection.nameHash = event.data.nameHash ?? collection.nameHash;
      return collection;
    case 'CollectionDeleted.v1':
      collection.deleted = true;
      return collection;
    default:
      return unreachable(event);
  }
};

export const collectionDecider: Decider<Collection, CollectionCommand, CollectionEvent, CollectionRc> = {
  category: 'collection', stateVersion: 1, decide, evolve,
  initialState: (id) => ({ id, owner: undefined, nameHash: undefined, deleted: false }),
};
