import { projections } from '../../projections/index.js';
import type { Platform, SystemPorts } from './platform.js';

/** Read models older than this at the start are waited for before the first request is taken. */
const PATIENCE_MS = 10 * 60_000;
const POLL_MS = 10;
const PROGRESS_MS = 200;

/**
 * Views in memory start from read models: these must exist, and have read what an earlier life wrote.
 * @throws Error with a sentence for the operator: nobody makes them
 */
export const readModelsReady = async (platform: Platform, ports: SystemPorts): Promise<void> => {
  const { config: { roles }, log, readModels, logger, clock, checkpoints } = platform;
  const deadline = clock.monotonic() + PATIENCE_MS;
  if (roles.has('projector')) await madeHere(platform, deadline);
  else await madeElsewhere(platform, ports, deadline);
  const head = await log.head();
  while (clock.monotonic() < deadline && !someStopped(platform)) {
    if (await readModels.waitFor(head, PROGRESS_MS)) return;
    const positions = (await checkpoints.all()).map(({ position }) => position);
    ports.onProgress?.(`read models: ${Math.max(0, Math.floor((Math.min(...positions) / head) * 100))} % of the log`);
  }
  logger.error({ readModels: await checkpoints.all() }, 'some read models are stopped or far behind');
};

const someStopped = ({ projector }: Platform): boolean => projector.status().some(({ state }) => state === 'stopped');

const madeHere = async ({ projector, clock, timers }: Platform, deadline: number): Promise<void> => {
  while (projector.status().some(({ state }) => state === 'starting') && clock.monotonic() < deadline) await timers.sleep(POLL_MS);
};

const madeElsewhere = async ({ checkpoints, clock, timers }: Platform, { onProgress }: SystemPorts, deadline: number): Promise<void> => {
  for (;;) {
    const obstacle = await checkpoints.obstacle(projections);
    if (obstacle === undefined) return;
    if (clock.monotonic() >= deadline) throw new Error(`${obstacle}: start one`);
    onProgress?.(obstacle);
    await timers.sleep(PROGRESS_MS);
  }
};
