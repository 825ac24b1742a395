import type { Projection } from '../src/kernel/projection.js';
import { balances } from './balances/project.js';
import { grants } from './grants/project.js';
import { queue } from './queue/project.js';
import { records } from './records/project.js';
import { requests } from './requests/project.js';
import { sharedKeys } from './shared-keys/project.js';
import { statement } from './statement/project.js';
import { styles } from './styles/project.js';
import { teams } from './teams/project.js';
import { users } from './users/project.js';
import { workerMessages } from './worker-messages/project.js';
import { workers } from './workers/project.js';

/** Every read model: what the projector keeps up to date and a rebuild fills again. */
export const projections: readonly Projection[] = [balances, requests, queue, users, workers, statement, records, sharedKeys, styles, grants, workerMessages, teams];
