import { transformFile } from '@swc/core';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const PARTS = ['kernel', 'platform/postgres', 'platform/system'];
const PROGRAM = `
import { startPostgres } from './platform/postgres/start-postgres.js';
import { SystemClock, SystemTimers } from './platform/system/system.js';
const server = await startPostgres({ dataDirectory: process.argv[2], log: (line) => console.error(line), clock: new SystemClock(), timers: new SystemTimers() });
console.log(server.url);
setInterval(() => {}, 60_000);
`;

/** Compiles what a child process needs to start PostgreSQL with our code; returns the path of its program. */
export const build = async (home: string, src: string): Promise<string> => {
  for (const part of PARTS) {
    for (const file of readdirSync(join(src, part)).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))) {
      const { code } = await transformFile(join(src, part, file), { swcrc: false, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } });
      const target = join(home, 'src', part, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, code);
    }
  }
  symlinkSync(resolve(src, '../node_modules'), join(home, 'node_modules'));
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  writeFileSync(join(home, 'src', 'main.js'), PROGRAM);
  chmodSync(home, 0o755);
  return join(home, 'src', 'main.js');
};
