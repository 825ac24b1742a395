import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { projections } from '../../projections/index.js';
import { figureTable, missesMust } from '../../src/cli/bench/figures.js';
import { SUITES } from '../../src/cli/bench/suites.js';
import { Progress } from '../../src/cli/progress.js';
import { Clock } from '../../src/kernel/clock.js';
import { horde } from './terminal.fixture.js';

const COMMANDS = ['doctor', 'reconcile', 'rebuild', 'compensate', 'demo', 'bench', 'log', 'verify-checkpoint', 'renew-notary', 'whatif'];

class ClockByHand extends Clock {
  ms = 0;
  now(): number {
    return this.ms;
  }
  monotonic(): number {
    return this.ms;
  }
}

describe('the command line', () => {
  const empty = mkdtempSync(join(tmpdir(), 'horde-cli-empty-'));
  afterAll(() => rmSync(empty, { recursive: true }));

  it('tells what there is, and what the exit codes mean', async () => {
    const { code, said } = await horde({}, '--help');
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(said).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(said).toContain('Exit codes: 0 fine; 1 drift, a violation or a fault was found; 2');
  });

  it.each(COMMANDS)('explains %s', async (command) => {
    for (const args of [[command, '--help'], ['help', command]]) {
      const { code, said } = await horde({}, ...args);
      expect(code).toBe(0);
      expect(said).toMatch(new RegExp(`^Usage: horde ${command}`));
    }
  });

  it('names every read model and every suite that can be chosen', async () => {
    const { said: rebuild } = await horde({}, 'rebuild', '--help');
    for (const { name } of projections) expect(rebuild).toContain(`"${name}"`);
    const { said: bench } = await horde({}, 'bench', '--help');
    for (const suite of SUITES) expect(bench).toContain(`"${suite}"`);
  });

  it.each([
    ['a command that there is not', ['destroy'], 'unknown command'],
    ['an option that there is not', ['reconcile', '--fix'], 'unknown option'],
    ['a read model that there is not', ['rebuild', 'leaderboard'], 'Allowed choices are'],
    ['a suite that there is not', ['bench', 'speed'], 'Allowed choices are'],
    ['half a second', ['bench', '--seconds', '0.5'], 'whole number'],
  ])('answers %s with 2 and a sentence', async (_what, args, sentence) => {
    const { code, complained, said } = await horde({}, ...args);
    expect({ code, said }).toEqual({ code: 2, said: '' });
    expect(complained).toContain(sentence);
    expect(complained).not.toMatch(/^\s+at /m);
  });

  it('answers no command at all with 2 and the help', async () => {
    const { code, complained } = await horde({});
    expect(code).toBe(2);
    expect(complained).toContain('Usage: horde');
  });

  it('answers a setting that cannot be understood with 2, and names it', async () => {
    const { code, complained } = await horde({ PORT: 'seven' }, 'reconcile');
    expect(code).toBe(2);
    expect(complained).toMatch(/^PORT is not a whole number/);
  });

  it.each(['reconcile', 'rebuild'])('does not make a ledger where there is none: %s ends with 2', async (command) => {
    const { code, complained } = await horde({ DATA_DIR: empty }, command);
    expect(code).toBe(2);
    expect(complained).toContain(`There is no event log in ${empty}`);
  });

  it('lets the doctor find a wrong setting and a missing ledger', async () => {
    expect(await horde({ PORT: 'seven' }, 'doctor')).toMatchObject({ code: 1, said: expect.stringMatching(/^✗ settings +PORT is not/) });
    expect(await horde({ DATA_DIR: join(empty, 'nowhere') }, 'doctor')).toMatchObject({ code: 1, said: expect.stringMatching(/✗ data directory .* does not exist/) });
    expect(await horde({ DATA_DIR: empty }, 'doctor')).toMatchObject({ code: 1, said: expect.stringMatching(/✗ event log +there is none/) });
  });
});

describe('progress', () => {
  const shown = (isTTY: boolean) => {
    const clock = new ClockByHand();
    const written: string[] = [];
    const progress = new Progress(clock, { isTTY, columns: 20, write: (text) => written.push(text) });
    return { progress, written, pass: (ms: number) => void (clock.ms += ms) };
  };

  it('changes one line of a terminal, cut to its width, and takes it away', () => {
    const { progress, written, pass } = shown(true);
    progress.update('a line that is longer than the terminal is wide');
    progress.update('too soon to be seen');
    pass(100);
    progress.update('later');
    progress.clear();
    expect(written).toEqual(['\r\u001b[2Ka line that is long', '\r\u001b[2Klater', '\r\u001b[2K']);
  });

  it('adds a line now and then to a file', () => {
    const { progress, written, pass } = shown(false);
    for (let second = 0; second < 11; second++) {
      progress.update(`second ${second}`);
      pass(1_000);
    }
    progress.clear();
    expect(written).toEqual(['second 0\n', 'second 5\n', 'second 10\n']);
  });
});

describe('the table of figures', () => {
  const rows = [
    { name: 'fast', value: 700, unit: '/s', must: 250, goal: 550 },
    { name: 'fair', value: 300, unit: '/s', must: 250, goal: 550 },
    { name: 'slow', value: 200, unit: '/s', must: 250, goal: 550 },
    { name: 'late', value: 20, unit: 'ms', must: 15, goal: 5, better: 'less' as const },
    { name: 'soon', value: 5, unit: 'ms', must: 15, goal: 5, better: 'less' as const },
    { name: 'free', value: 1, unit: 'ms' },
  ];

  it('says which budget each figure keeps', () => {
    const marks = figureTable(rows).slice(1).map((line) => [line.slice(0, 4), /✓ goal|✓|✗/.exec(line)?.[0]]);
    expect(marks).toEqual([['fast', '✓ goal'], ['fair', '✓'], ['slow', '✗'], ['late', '✗'], ['soon', '✓ goal'], ['free', undefined]]);
    expect(rows.filter(missesMust).map(({ name }) => name)).toEqual(['slow', 'late']);
  });
});
