import type { Decider } from '../../src/kernel/decider.js';
import { personal, type AnyEvent } from '../../src/kernel/event.js';
import { kudos } from '../../src/kernel/kudos.js';
import type { RequestFacts } from '../../src/requests/request.events.js';
import { collectionDecider } from '../../src/styles/collection.decider.js';
import { styleDecider, type Style, type StyleCommand } from '../../src/styles/style.decider.js';
import type { StyleContent } from '../../src/styles/style.events.js';
import { Seeded } from './seeded.js';

/** What a history offers to those who take part in it. */
interface Surroundings {
  readonly world: { now(): string; write(stream: string, events: readonly AnyEvent[]): void };
  decide<State, Command, Event extends AnyEvent, Rc extends string>(
    decider: Decider<State, Command, Event, Rc>, stream: string, given: { state: State; command: Command },
  ): boolean;
}
interface Known {
  readonly owner: number;
  readonly state: Style;
}
/** What a request says of the style that it uses, to its payer's account and in its facts. */
export interface HistoryStyleUse {
  readonly paid: { readonly style: string; readonly owner: number; readonly surcharge: ReturnType<typeof kudos> };
  readonly facts: NonNullable<RequestFacts['style']>;
}

/** Styles and collections, by a dice of their own: what happens in the rest of a history does not depend on them. */
export class HistoryStyles {
  private readonly random: Seeded;
  private readonly styles: Known[] = [];
  private readonly collections: string[] = [];
  /** Whoever uses a style has seen it in an earlier round. */
  private visible: readonly Known[] = [];

  constructor(seed: number, private readonly economy: Surroundings) {
    this.random = new Seeded(seed + 1);
  }

  step(anybody: readonly number[]): void {
    this.visible = this.styles.filter(({ state }) => !state.deleted);
    if (this.styles.length < 15 || this.random.chance(0.05)) this.make(this.random.pick(anybody));
    else if (this.random.chance(0.2)) this.change(this.random.pick(this.styles));
    if (this.visible.length > 3 && (this.collections.length < 12 || this.random.chance(0.02))) this.collect(this.random.pick(anybody));
  }

  /** One image in three is made with a style. */
  use(): HistoryStyleUse | undefined {
    if (this.visible.length === 0 || !this.random.chance(0.33)) return undefined;
    const { owner, state } = this.random.pick(this.visible);
    const collection = this.collections.length > 1 && this.random.chance(0.3) ? this.random.pick(this.collections.slice(0, -1)) : undefined;
    return { paid: { style: state.id, owner, surcharge: kudos(2) }, facts: { style: state.id, ...(collection === undefined ? {} : { collection }) } };
  }

  private make(owner: number): void {
    const id = this.random.uuid();
    const state = styleDecider.initialState(id);
    this.styles.push({ owner, state });
    const written = (text: string) => personal(`user-${owner}`, text);
    const content: StyleContent = {
      name: written(`Style "${this.styles.length}"`), nameHash: this.random.uuid().replaceAll('-', ''), info: written('{quoted} \\ and\u0000 odd'), prompt: written('{p}{np}'),
      params: written('{"steps":20}'), public: this.random.chance(0.8), nsfw: this.random.chance(0.1), tags: [written('oil, "canvas"')], models: ['Deliberate'],
      sharedKey: null, parameterPolicy: null, templateFields: null,
    };
    const at = this.economy.world.now();
    this.economy.decide(styleDecider, `style-${id}`, { state, command: { type: 'CreateStyle', kind: 'image', owner, content, at } });
    this.economy.world.write(`stylename-${this.random.uuid()}`, [{ type: 'StyleNameReserved.v1', data: { holder: id, owner, reservedAt: at } }]);
  }

  private change({ owner, state }: Known): void {
    const asked = { by: owner, moderator: false, at: this.economy.world.now() };
    const example = this.random.pick([...state.examples.map(({ id }) => id), this.random.uuid()]);
    const url = personal(`user-${owner}`, `https://example.org/${example}`);
    const commands: readonly StyleCommand[] = [
      { type: 'ChangeStyle', changes: { public: this.random.chance(0.5), models: ['stable_diffusion', 'Deliberate'], nameHash: this.random.uuid() }, ...asked },
      { type: 'AddExample', example: this.random.uuid(), url, urlHash: this.random.uuid(), primary: this.random.chance(0.3), ...asked },
      { type: 'AddExample', example: this.random.uuid(), url, urlHash: this.random.uuid(), primary: this.random.chance(0.3), ...asked },
      { type: 'ChangeExample', example, url, urlHash: this.random.uuid(), primary: true, ...asked },
      { type: 'RemoveExample', example, ...asked },
      ...(this.random.chance(0.1) ? [{ type: 'DeleteStyle', ...asked } as const] : []),
    ];
    this.economy.decide(styleDecider, `style-${state.id}`, { state, command: this.random.pick(commands) });
  }

  private collect(owner: number): void {
    const id = this.random.uuid();
    this.collections.push(id);
    const state = collectionDecider.initialState(id);
    const name = personal(`user-${owner}`, `Collection ${this.collections.length}`);
    const content = { name, nameHash: this.random.uuid(), info: null, public: true, kind: 'image', styles: this.visible.slice(0, 3).map((style) => style.state.id) } as const;
    const at = this.economy.world.now();
    this.economy.decide(collectionDecider, `collection-${id}`, { state, command: { type: 'CreateCollection', owner, content, at } });
    if (this.random.chance(0.5)) return;
    const asked = { by: owner, moderator: false, at };
    const command = this.random.chance(0.2) ? { type: 'DeleteCollection', ...asked } as const : { type: 'ChangeCollection', changes: { public: false }, ...asked } as const;
    this.economy.decide(collectionDecider, `collection-${id}`, { state, command });
  }
}
