/** What can be asked for. The API calls an alchemy request an interrogation, and its jobs forms. */
export type RequestKind = 'image' | 'text' | 'alchemy';
