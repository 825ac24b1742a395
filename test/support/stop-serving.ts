/** Jest's global tear-down of the project `eventstoredb`: ends what `serve-a-log.ts` has started. */
export default async (): Promise<void> => {
  await (globalThis as { stopServing?: () => Promise<void> }).stopServing?.();
};
