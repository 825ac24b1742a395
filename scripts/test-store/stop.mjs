// Jest's global tear-down of the project `eventstoredb`: ends what start.mjs has started.
export default async () => {
  await /** @type {import('./start.mjs').Shared} */ (globalThis).stopTestStore?.();
};
