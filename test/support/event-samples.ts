import type { AnyEvent } from '../../src/kernel/event.js';

/**
 * One specimen of every event type that can be in the log, by its type. `npm run generate` writes the specimen to
 * test/fixtures/events once; from then on the stored file is the truth, and changing the specimen changes nothing.
 */
export const eventSamples: Readonly<Record<string, AnyEvent>> = {};
