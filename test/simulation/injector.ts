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

/**
 * Puts a node together as Nest does, from what the decorators of production say, and nothing else of Nest: a container a
 * node would cost more than the whole life that is simulated on it.
 */
export class Injector {
  readonly #made = new Map<Token, unknown>();
  readonly #handlers = new Map<unknown, Handler>();

  readonly #aliases: ReadonlyMap<Token, Token>;

  constructor(private readonly modules: readonly object[]) {
    this.#aliases = new Map(this.#listed.flatMap((provider) => (typeof provider === 'function' ? [] : [[provider.provide, provider.useExisting] as const])));
  }

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
    const alias = this.#aliases.get(type);
    if (alias) return this.get(alias) as Value;
    const parameters = Reflect.getMetadata(PARAMETERS, type) as readonly Token[] | undefined;
    if (!parameters && type.length > 0) throw new Error(`nobody provides ${type.name}`);
    const make = type as unknown as new (...args: readonly unknown[]) => Value;
    const made = new make(...(parameters ?? []).map((parameter) => this.get(parameter)));
    this.#made.set(type, made);
    return made;
  }

  /** What the modules list. */
  get providers(): readonly Token[] {
    return this.#listed.filter((provider) => typeof provider === 'function');
  }
  get #listed(): readonly (Token | Alias)[] {
    return this.modules.flatMap((module) => (Reflect.getMetadata(PROVIDERS, module) ?? []) as readonly (Token | Alias)[]);
  }

  /** The bus: each message to the handler of its class. */
  bus(): CommandBus {
    return { execute: (message: object) => this.#handlers.get(message.constructor)!.execute(message) } as unknown as CommandBus;
  }

  connectHandlers(): void {
    for (const provider of this.providers) {
      const message: unknown = Reflect.getMetadata(HANDLER_OF, provider);
      if (message !== undefined) this.#handlers.set(message, this.get(provider) as Handler);
    }
  }
}
