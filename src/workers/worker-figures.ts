import { Injectable } from '@nestjs/common';
import type { WorkerFigures } from './worker-view.js';

/** The workers read model. */
@Injectable()
export abstract class WorkerFiguresSource {
  abstract byId(id: string): Promise<WorkerFigures | undefined>;
  abstract byName(name: string): Promise<WorkerFigures | undefined>;
  /** Waits until the read model has seen all that was written before the call. @throws RetryLater */
  abstract caughtUp(): Promise<true>;
  abstract byIds(ids: readonly string[]): Promise<readonly WorkerFigures[]>;
  /** How moderators reach a worker's owner. */
  abstract contactOf(owner: number): Promise<string | null>;
}
