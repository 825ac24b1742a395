import { accept, refuse, type Decider, type Decision } from '../kernel/decider.js';
import type { Personal } from '../kernel/event.js';
import { unreachable } from '../kernel/unreachable.js';
import type { StyleKind } from '../requests/rules/style-contract.js';
import type { StyleContent, StyleEvent } from './style.events.js';

export interface Example {
  readonly id: string;
  urlHash: string;
  primary: boolean;
}
/** What the rules of one style need; its texts are sealed and none of their business. */
export interface Style {
  readonly id: string;
  owner: number | undefined;
  kind: StyleKind | undefined;
  nameHash: string | undefined;
  deleted: boolean;
  examples: Example[];
}

/** Who asks: owners edit, moderators may also remove (horde-rules §14). */
interface Asked {
  readonly by: number;
  readonly moderator: boolean;
  readonly at: string;
}
export type StyleCommand =
  | { readonly type: 'CreateStyle'; readonly kind: StyleKind; readonly owner: number; readonly content: StyleContent; readonly at: string }
  | ({ readonly type: 'ChangeStyle'; readonly changes: Partial<StyleContent> } & Asked)
  | ({ readonly type: 'DeleteStyle' } & Asked)
  | ({ readonly type: 'AddExample'; readonly example: string; readonly url: Personal; readonly urlHash: string; readonly primary: boolean } & Asked)
  | ({ readonly type: 'ChangeExample'; readonly example: string; readonly url?: Personal; readonly urlHash?: string; readonly primary?: boolean } & Asked)
  | ({ readonly type: 'RemoveExample'; readonly example: string } & Asked)
  /** Changes nothing: the answer is in the state, which is confirmed at the head of the log. */
  | { readonly type: 'ReadStyle' };

export type StyleRc =
  | 'StyleNotFound' | 'Forbidden' | 'StyleGetMistmatch' | 'TooManyStyleExamples' | 'ExampleURLAlreadyInUse' | 'StyleExampleNotFound' | 'PrimaryExampleNeeded'
  // Never seen by a client.
  | 'StyleExists';
type Decided = Decision<StyleEvent, StyleRc>;
type Command<Type extends StyleCommand['type']> = Extract<StyleCommand, { type: Type }>;

/** horde-rules §14. */
export const EXAMPLES_MAX = 4;

const decide = (command: StyleCommand, style: Style): Decided => {
  if (command.type === 'ReadStyle') return accept();
  if (command.type === 'CreateStyle') return create(command, style);
  if (style.owner === undefined || style.deleted) return refuse('StyleNotFound');
  if (!mayAsk(command, style.owner)) return refuse('Forbidden');
  switch (command.type) {
    case 'ChangeStyle': return change(command, style);
    case 'DeleteStyle': return accept({ type: 'StyleDeleted.v1', data: { style: style.id, by: command.by, deletedAt: command.at } });
    case 'AddExample': return addExample(command, style);
    case 'ChangeExample': return changeExample(command, style);
    case 'RemoveExample': return removeExample(command, style);
    default: return unreachable(command);
  }
};

const mayAsk = ({ type, by, moderator }: Exclude<StyleCommand, { type: 'ReadStyle' | 'CreateStyle' }>, owner: number): boolean =>
  by === owner || (moderator && type !== 'ChangeStyle');

/** Under a name that was reserved for it: whoever comes second finds the style there. */
const create = ({ kind, owner, content, at }: Command<'CreateStyle'>, style: Style): Decided =>
  (style.owner === undefined ? accept({ type: 'StyleCreated.v1', data: { style: style.id, kind, owner, ...content, createdAt: at } }) : refuse('StyleExists'));

const change = ({ changes, at }: Command<'ChangeStyle'>, style: Style): Decided =>
  (Object.keys(changes).length === 0 ? accept() : accept({ type: 'StyleChanged.v1', data: { style: style.id, ...changes, changedAt: at } }));

const addExample = ({ example, url, urlHash, primary, at }: Command<'AddExample'>, style: Style): Decided => {
  if (style.kind !== 'image') return refuse('StyleGetMistmatch');
  if (style.examples.some(({ id }) => id === example)) return accept(); // added before
  if (style.examples.length >= EXAMPLES_MAX) return refuse('TooManyStyleExamples');
  if (style.examples.some((other) => other.urlHash === urlHash)) return refuse('ExampleURLAlreadyInUse');
  const isFirst = style.examples.length === 0;
  return accept({ type: 'StyleExampleAdded.v1', data: { style: style.id, example, url, urlHash, primary: primary || isFirst, addedAt: at } });
};

const changeExample = ({ example: id, url, urlHash, primary, at }: Command<'ChangeExample'>, style: Style): Decided => {
  const example = style.examples.find((each) => each.id === id);
  if (!example) return refuse('StyleExampleNotFound');
  if (style.examples.some((other) => other.id !== id && other.urlHash === urlHash)) return refuse('ExampleURLAlreadyInUse');
  if (primary === false && example.primary) return refuse('PrimaryExampleNeeded'); // another one takes the place by being made primary
  const changes = { ...movedTo(example, url, urlHash), ...(primary && !example.primary ? { primary: true as const } : {}) };
  if (Object.keys(changes).length === 0) return accept();
  return accept({ type: 'StyleExampleChanged.v1', data: { style: style.id, example: id, ...changes, changedAt: at } });
};
const movedTo = (example: Example, url: Personal | undefined, urlHash: string | undefined): { url?: Personal; urlHash?: string } =>
  (urlHash === undefined || urlHash === example.urlHash ? {} : { url: url!, urlHash }); // they come together

/** The oldest one left takes the place of a primary one. */
const removeExample = ({ example: id, at }: Command<'RemoveExample'>, style: Style): Decided => {
  const example = style.examples.find((each) => each.id === id);
  if (!example) return refuse('StyleExampleNotFound');
  const next = example.primary ? style.examples.find((other) => other.id !== id)?.id : undefined;
  return accept({ type: 'StyleExampleRemoved.v1', data: { style: style.id, example: id, promoted: next ?? null, removedAt: at } });
};

const evolve = (style: Style, event: StyleEvent): Style => {
  switch (event.type) {
    case 'StyleCreated.v1':
      return Object.assign(style, { owner: event.data.owner, kind: event.data.kind, nameHash: event.data.nameHash });
    case 'StyleChanged.v1':
      style.nameHash = event.data.nameHash ?? style.nameHash;
      return style;
    case 'StyleDeleted.v1':
      style.deleted = true;
      return style;
    case 'StyleExampleAdded.v1': {
      const { example: id, urlHash, primary } = event.data;
      style.examples.push({ id, urlHash, primary: false });
      return primary ? withPrimary(style, id) : style;
    }
    case 'StyleExampleChanged.v1': {
      const { example: id, urlHash, primary } = event.data;
      for (const example of style.examples) if (example.id === id) example.urlHash = urlHash ?? example.urlHash;
      return primary ? withPrimary(style, id) : style;
    }
    case 'StyleExampleRemoved.v1': {
      const { example: id, promoted } = event.data;
      style.examples = style.examples.filter((each) => each.id !== id);
      return promoted === null ? style : withPrimary(style, promoted);
    }
    default:
      return unreachable(event);
  }
};

const withPrimary = (style: Style, id: string): Style => {
  for (const example of style.examples) example.primary = example.id === id;
  return style;
};

export const styleDecider: Decider<Style, StyleCommand, StyleEvent, StyleRc> = {
  category: 'style', stateVersion: 1, decide, evolve,
  initialState: (id) => ({ id, owner: undefined, kind: undefined, nameHash: undefined, deleted: false, examples: [] }),
};
