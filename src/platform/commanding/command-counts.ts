import type { Outcome } from './outcome.js';

/** What became of the commands of one type. */
export interface CommandFigures {
  /** `request AssignJobs`: the category of the stream, and the command. */
  readonly command: string;
  readonly appended: number;
  readonly unchanged: number;
  readonly refused: number;
  /** Met a bug, or a log that was away. */
  readonly failed: number;
  /** How often one of them had to be decided again because another process had written to the stream in between. */
  readonly conflicts: number;
}
/** Appends of the commands that were decided together; their conflicts count once, however many commands they hold up. */
export interface AppendFigures {
  readonly category: string;
  readonly appends: number;
  readonly conflicts: number;
}

type Ending = Outcome<never, unknown, never>['outcome'] | 'failed' | 'conflicts';
type Counted = { -readonly [Name in Exclude<keyof CommandFigures, 'command'>]: number };

/** Counts what a process decides and where others were faster. Below the API: for people who run several nodes, and for tests. */
export class CommandCounts {
  readonly #commands = new Map<string, Counted>();
  readonly #appends = new Map<string, { appends: number; conflicts: number }>();
  #isRefusedByLog = false;

  ended(category: string, command: unknown, ending: Ending): void {
    const name = `${category} ${(command as { readonly type?: string } | null)?.type ?? ''}`;
    let counted = this.#commands.get(name);
    if (!counted) this.#commands.set(name, (counted = { appended: 0, unchanged: 0, refused: 0, failed: 0, conflicts: 0 }));
    counted[ending] += 1;
  }

  appended(category: string): void {
    this.#isRefusedByLog = false;
    this.#of(category).appends += 1;
  }

  /** The log could not take an append, or did not say whether it did. */
  refusedByLog(): void {
    this.#isRefusedByLog = true;
  }
  /** Nothing could be appended when it was tried last. */
  get isRefusedByLog(): boolean {
    return this.#isRefusedByLog;
  }

  conflicted(category: string, commands: Iterable<unknown>): void {
    this.#of(category).conflicts += 1;
    for (const command of commands) this.ended(category, command, 'conflicts');
  }

  get figures(): { readonly commands: readonly CommandFigures[]; readonly appends: readonly AppendFigures[] } {
    return {
      commands: [...this.#commands].map(([command, counted]) => ({ command, ...counted })),
      appends: [...this.#appends].map(([category, counted]) => ({ category, ...counted })),
    };
  }

  #of(category: string): { appends: number; conflicts: number } {
    let counted = this.#appends.get(category);
    if (!counted) this.#appends.set(category, (counted = { appends: 0, conflicts: 0 }));
    return counted;
  }
}
