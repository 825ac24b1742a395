import { runCli } from '../../src/cli/program.js';

/** What a command said and how it ended. */
export interface Ran {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
}

/** Runs the command line in this process, with this environment and no other. */
export const horde = async (environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> => {
  const said: string[] = [];
  const complained: string[] = [];
  const code = await runCli(args, {
    say: (line) => void said.push(line), complain: (line) => void complained.push(line), progress: { write: () => undefined }, environment,
  });
  return { code, said: said.join('\n'), complained: complained.join('\n') };
};
