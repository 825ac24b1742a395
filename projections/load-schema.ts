import { readFileSync } from 'node:fs';

/** The text of `schema.sql` beside the module that asks: `schemaBeside(import.meta.url)`. Read once, at start. */
export const schemaBeside = (moduleUrl: string): string => readFileSync(new URL('./schema.sql', moduleUrl), 'utf8');
