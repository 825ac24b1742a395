type Defined<Shape> = { [Key in keyof Shape]?: Exclude<Shape[Key], undefined> };

/** The shape without its undefined members: what is stored has no holes. */
export const defined = <Shape extends object>(shape: Shape): Defined<Shape> =>
  Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Defined<Shape>;
