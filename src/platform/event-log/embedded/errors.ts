/** The stored log is not what was once durable. Nothing is repaired by guessing: a person decides, and the message says how. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
  constructor(readonly file: string, readonly offset: number, reason: string) {
    super(`${file} is damaged at byte ${offset}: ${reason}`);
  }
}

/** Another live process writes this log. */
export class LogLocked extends Error {
  override readonly name = 'LogLocked';
}

const RESTORE = 'Stop, keep a copy of the directory, and restore this file from a backup or a mirror.';
export const damage = {
  header: `its header is not one of ours. ${RESTORE}`,
  frame: `what is stored there was durable once and is not readable any more. ${RESTORE}`,
  gap: (found: number, wanted: number) => `the next segment begins at position ${found}, not at ${wanted}: a segment is missing or cut. ${RESTORE}`,
  short: (has: number, wants: number) => `it ends there, but ${wants} bytes of it were durable (${has} are left). ${RESTORE}`,
  foreign: (found: string, wanted: string) => `it belongs to the log ${found}, this is the log ${wanted}. Move it away.`,
  order: 'an event there does not continue its stream. ' + RESTORE,
  index: 'the index points there, but another event is stored. Remove the *.index files (they are rebuilt) and start again.',
} as const;
