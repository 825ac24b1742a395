import type { Style } from '../../projections/styles/queries.js';

const styleOf = (id: string, kind: 'image' | 'text', owner: number): Style => ({
  id, kind, owner, name: `style of ${owner}`, nameHash: id, info: '', prompt: '{p}{np}', params: {}, public: true, nsfw: false, tags: [], models: [], sharedKey: null, parameterPolicy: null,
  templateFields: null, useCount: 0, examples: [],
});
/** Styles that are there from the beginning; their owners are paid when others use them. */
export const STYLES: readonly Style[] = [
  styleOf('5717e000-0000-4000-8000-000000000002', 'image', 2), styleOf('5717e000-0000-4000-8000-000000000004', 'image', 4), styleOf('5717e000-0000-4000-8000-000000000005', 'text', 5),
];
