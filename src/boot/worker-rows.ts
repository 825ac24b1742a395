import { assignmentPage, fastJobs, recentAborts, workerPage, type AssignmentRow, type Worker } from '../../projections/workers/queries.js';
import type { WorkerRow } from '../workers/registry.message.js';
import type { Platform } from './platform.js';
import { allPages, atCheckpoint, PAGE } from './read-models.js';

export const workerRows = (platform: Platform) => ({
  workers: async () => {
    const { position, answer } = await atCheckpoint(platform, 'workers', async (db) => ({
      workers: await allPages<Worker>((after) => workerPage(db, after, PAGE), ({ id }) => id),
      assignments: await allPages<AssignmentRow>((after) => assignmentPage(db, after, PAGE), ({ job }) => job),
    }));
    return { position, rows: answer.workers.flatMap(workerRow), assignedAtMs: new Map(answer.assignments.map(({ job, assignedAt }) => [job, assignedAt])) };
  },
});

export const suspectRows = (platform: Platform) => ({
  suspects: async () => {
    const { position, answer } = await atCheckpoint(platform, 'workers', async (db) => ({ aborts: await recentAborts(db), fast: await fastJobs(db) }));
    return { position, ...answer };
  },
});

const workerRow = (row: Worker): WorkerRow[] => (row.declaration === null ? [] : [{
  id: row.id, kind: row.kind, owner: row.owner, nameHash: row.nameHash, registeredAtMs: row.registeredAt, declaration: row.declaration,
  maintenance: row.maintenance, maintenanceMessage: row.maintenanceMessage ?? undefined, paused: row.paused, samples: row.samples,
  uptimeThroughMs: row.uptimeThrough, ...(row.team === null ? {} : { team: row.team }),
}]);
