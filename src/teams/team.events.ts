// These names and shapes are what is stored. Never edit one: add a new version and upcast the old.
// Streams: team-{id}; TeamNameReserved.v1, TeamNameReleased.v1: teamname-{keyed hash of the lower-case name}
import type { Personal, Stored } from '../kernel/event.js';

export type TeamCreated = Stored<'TeamCreated.v1', { team: string; owner: number; name: Personal; nameHash: string; info: Personal | null; createdAt: string }>;
/** Only what has changed. */
export type TeamChanged = Stored<'TeamChanged.v1', { team: string; by: number; name?: Personal; nameHash?: string; info?: Personal; changedAt: string }>;
/** Always the last event of a team; its workers are in none from here on. */
export type TeamDeleted = Stored<'TeamDeleted.v1', { team: string; by: number; nameHash: string; deletedAt: string }>;
/** A worker is in one team: from here on it is in this one, whichever it was in before. */
export type TeamJoined = Stored<'TeamJoined.v1', { team: string; worker: string; by: number; joinedAt: string }>;
/** If it was still in this one. */
export type TeamLeft = Stored<'TeamLeft.v1', { team: string; worker: string; by: number; leftAt: string }>;

/** One name, one team: whoever the stream says has it. */
export type TeamNameReserved = Stored<'TeamNameReserved.v1', { team: string; owner: number; reservedAt: string }>;
export type TeamNameReleased = Stored<'TeamNameReleased.v1', { team: string; releasedAt: string }>;

export type TeamEvent = TeamCreated | TeamChanged | TeamDeleted | TeamJoined | TeamLeft;
export type TeamNameEvent = TeamNameReserved | TeamNameReleased;
export const TEAM_EVENT_TYPES = [
  'TeamCreated.v1', 'TeamChanged.v1', 'TeamDeleted.v1', 'TeamJoined.v1', 'TeamLeft.v1', 'TeamNameReserved.v1', 'TeamNameReleased.v1',
] as const satisfies readonly (TeamEvent | TeamNameEvent)['type'][];
