// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Stream: service
import type { Stored } from '../kernel/event.js';

/** From `from` to `until` no node of this horde served: that time counts against nobody (ADR 0029). */
export type OutageEnded = Stored<'OutageEnded.v1', { from: string; until: string }>;

export type OutageEvent = OutageEnded;
export const OUTAGE_EVENT_TYPES = ['OutageEnded.v1'] as const satisfies readonly OutageEvent['type'][];
