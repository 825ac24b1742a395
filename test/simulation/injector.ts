import 'reflect-metadata';
import type { CommandBus } from '@nestjs/cqrs';

type Token = abstract new (...args: never[]) => unknown;
/** `{ provide, useExisting }`, the one other way in which our modules name a provider. */
interface Alias {
  readonly provide: Token;
  readonly useExisting: Token;
}
interface Handler {
  execute(message: object): Promise<unknown>;
}

/** The keys under which Nest keeps what its decorators say. */
const PROVIDERS = 'providers';
const PARAMETERS = 'design:paramtypes';
const HANDLER_OF = '__commandHandler__';

/** What the decorators say, read once: every node is made by the same. */
export class Blueprint {
  readonly providers: readonly Token[];
  readonly aliases: ReadonlyMap<Token, Token>;
  /** By the class of their message. */
  readonly handlers: ReadonlyMap<unknown, Token>;

  constructor(modules: readonly object[]) {
    const listed = modules.flatMap((module) => (Reflect.getMetadata(PROVIDERS, module) ?? []) as readonly (Token | Alias)[]);
    this.providers = listed.filter((provider) => typeof provider === 'function');
    this.aliases = new Map(listed.flatMap((provider) => (typeof provider === 'function' ? [] : [[provider.provide, provider.useExisting] as const])));
    this.handlers = new Map(this.providers.map((provider) => [Reflect.getMetadata(HANDLER_OF, provider) as unknown, provider] as const).filter(([message]) => message !== undefined));
  }
}

const parameters = new Map<Token, readonly Token[] | undefined>();
const parametersOf = (type: Token): readonly Token[] | undefined => {
  if (!parameters.has(type)) parameters.set(type, Reflect.getMetadata(PARAMETERS, type) as readonly Token[] | undefined);
  return parameters.get(type);
};

/**
 * Puts a node together as Nest does, from what the decorators of production say, and nothing else of Nest: a container a
 * node would cost more than the whole life that is simulated on it.
 */
export class Injector {
  readonly #made = new Map<Token, unknown>();
  readonly #handlers = new Map<unknown, Handler>();

  constructor(private readonly blueprint: Blueprint) {}

  /** Before anything is made of it. */
  provide(token: Token, value: unknown): void {
    this.#made.set(token, value);
  }
  has(token: Token): boolean {
    return this.#made.has(token);
  }

  get<Value>(type: abstract new (...args: never[]) => Value): Value {
    const known = this.#made.get(type);
    if (known !== undefined) return known as Value;
    const alias = this.blueprint.aliases.get(type);
    if (alias) return this.get(alias) as Value;
    const needed = parametersOf(type);
    if (!needed && type.length > 0) throw new Error(`nobody provides ${type.name}`);
    const make = type as unknown as new (...args: readonly unknown[]) => Value;
    const made = new make(...(needed ?? []).map((parameter) => this.get(parameter)));
    this.#made.set(type, made);
    return made;
  }

  /** What the modules list. */
  get providers(): readonly Token[] {
    return this.blueprint.providers;
  }

  /** The bus: each message to the handler of its class. */
  bus(): CommandBus {
    return { execute: (message: object) => this.#handlers.get(message.constructor)!.execute(message) } as unknown as CommandBus;
  }

  connectHandlers(): void {
    for (const [message, handler] of this.blueprint.handlers) this.#handlers.set(message, this.get(handler) as Handler);
  }
}
