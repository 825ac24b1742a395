import type { AnyEvent } from '../../kernel/event.js';

/** Turns version n of a type into version n + 1. Pure; composed on read, so stored events are never rewritten. */
export type Upcast = (data: object) => AnyEvent;

const upcasts = new Map<string, Upcast>();
/** Newest version this build knows, by type name without its version. */
const newest = new Map<string, number>();

export const registerUpcast = (from: string, step: Upcast): void => {
  if (upcasts.has(from)) throw new Error(`two upcasts for ${from}`);
  upcasts.set(from, step);
};

/** Names the newest version of each type that this build writes; an event beyond it is refused, never guessed at. */
export const registerTypes = (types: Iterable<string>): void => {
  for (const type of types) {
    const { name, version } = splitType(type);
    newest.set(name, Math.max(version, newest.get(name) ?? 0));
  }
};

export class UnknownEventVersion extends Error {
  override readonly name = 'UnknownEventVersion';
  constructor(type: string, known: number) {
    super(`${type} was written by a newer release; this one knows version ${known}. Upgrade readers first.`);
  }
}

/** The event in the newest shape. @throws UnknownEventVersion for a version that only a newer release knows */
export const upcast = (event: AnyEvent): AnyEvent => {
  let current = event;
  for (let step = upcasts.get(current.type); step; step = upcasts.get(current.type)) current = step(current.data);
  const dot = current.type.lastIndexOf('.v');
  const known = newest.get(current.type.slice(0, dot));
  if (known !== undefined && Number(current.type.slice(dot + 2)) > known) throw new UnknownEventVersion(current.type, known);
  return current;
};

const splitType = (type: string): { name: string; version: number } => {
  const match = /^([A-Z][A-Za-z]+)\.v(\d+)$/.exec(type);
  if (!match) throw new Error(`${type} is not a PascalCase.vN event type`);
  return { name: match[1]!, version: Number(match[2]) };
};
