import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const MAX_MS = 60_000;

/** The commands as people start them, built, in processes of their own. */
describe('npm run', () => {
  const home = mkdtempSync(join(tmpdir(), 'horde-cli-'));
  afterAll(() => rmSync(home, { recursive: true }));

  const run = (...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> =>
    new Promise((done, reject) => {
      const child = spawn(process.execPath, [resolve('scripts/run-cli.mjs'), ...args], { env: { ...process.env, TMPDIR: home }, stdio: ['ignore', 'pipe', 'pipe'] });
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      child.on('error', reject);
      child.on('close', (code) => done({ code, out, err }));
    });

  it('demo plays a horde, proves its books and leaves nothing behind', async () => {
    const { code, out, err } = await run('demo');
    expect({ code, err: /Error/.exec(err) }).toEqual({ code: 0, err: null });
    for (const part of ['Rate limits are off', '100 people, 12 workers with 12 models', 'Balances', 'The statement of', 'Supply, by reason', 'The books balance.']) expect(out).toContain(part);
    expect(out).toMatch(/together +0\.00/);
    expect(out).toMatch(/: 0 violations[^]*: 0 differences/);
    expect(readdirSync(home)).toEqual([]);
  }, MAX_MS);

  it('bench measures cycles, proves the books and leaves only its report', async () => {
    const report = join(home, 'report.json');
    const { code, out } = await run('bench', 'cycles', '--seconds', '1', '--clients', '4', '--json', report);
    expect(out).toContain('Rate limits were off');
    expect(out).toMatch(/job cycles over HTTP +\d/);
    expect(out).toContain('The books balance.');
    expect(code).toBe(0);
    const { isProven, writes, errorsTotal, proof } = JSON.parse(readFileSync(report, 'utf8')) as { isProven: boolean; writes: { requests: number; submits: number; faults: string[] }; errorsTotal: number; proof: { violationsTotal: number; driftTotal: number } };
    expect({ isProven, errorsTotal, faults: writes.faults, violations: proof.violationsTotal, drift: proof.driftTotal }).toEqual({ isProven: true, errorsTotal: 0, faults: [], violations: 0, drift: 0 });
    expect(writes.requests).toBeGreaterThan(0);
    expect(writes.submits).toBe(writes.requests);
    expect(readdirSync(home)).toEqual(['report.json']);
  }, MAX_MS);
});
