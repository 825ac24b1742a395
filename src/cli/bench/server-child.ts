import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readConfig } from '../../config.js';
import { startServer, type Server } from '../../boot/server.js';
import { keepAlive, SystemClock, SystemIds, SystemTimers } from '../../platform/system/system.js';
import type { Asked, ChildMessage, ParentMessage } from './child-messages.js';

/** The server of a bench: a process of its own, so that its CPU is its own, asked for its figures by its parent. */
const clock = new SystemClock();
const tell = (message: ChildMessage): void => void process.send?.(message);
/** Patience with read models that catch up after the load has ended. */
const CATCH_UP_MAX_MS = 60_000;

const die = (error: unknown): never => {
  process.stderr.write(`the bench's server failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
};

let server: Server | undefined;
const delay = monitorEventLoopDelay({ resolution: 10 });

const start = async (settings: Readonly<Record<string, string>>): Promise<void> => {
  const release = keepAlive();
  const begun = clock.monotonic();
  server = await startServer(readConfig(settings), { clock, timers: new SystemTimers(), ids: new SystemIds(), onFatal: die });
  release();
  delay.enable();
  tell({ type: 'ready', url: server.url, startMs: clock.monotonic() - begun });
};

const end = async (code: number): Promise<void> => {
  await server?.close();
  process.exit(code);
};

const answers: { readonly [Ask in Asked['ask']]: (server: Server) => Promise<unknown> } = {
  lag: ({ platform: { projector } }) => projector.lag(),
  usage: () => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    return Promise.resolve({ cpuMs: (user + system) / 1000, rss, heapUsed, loopP99Ms: delay.percentile(99) / 1e6 });
  },
  head: ({ platform: { log } }) => log.head(),
  caughtUp: async ({ platform: { log, projector } }) => projector.waitFor(await log.head(), CATCH_UP_MAX_MS),
};

process.on('message', (message: ParentMessage) => {
  switch (message.type) {
    case 'start': return void start(message.settings).catch(die);
    case 'stop': return void end(0).catch(die);
    case 'ask':
      answers[message.ask](server!).then((answer) => tell({ type: 'answer', id: message.id, answer }), die);
  }
});
process.on('disconnect', () => void end(1).catch(die)); // the bench has died
process.on('SIGINT', () => undefined); // Ctrl-C reaches both; the parent ends us in order
