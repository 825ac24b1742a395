import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { EventLog } from '../../src/platform/event-log/event-log.js';
import { appendClaims } from './append.claims.js';
import { closingClaims } from './closing.claims.js';
import { concurrencyClaims } from './concurrency.claims.js';
import { ContractRun, type Claims } from './contract-run.js';
import { feedClaims } from './feed.claims.js';
import { idempotencyClaims } from './idempotency.claims.js';
import { liveFeedClaims } from './live-feed.claims.js';
import { readAllClaims, readStreamClaims } from './read.claims.js';
import { restartClaims } from './restart.claims.js';

export interface EventLogBackend {
  /** Opens the store; the suite closes what it opened. */
  open(): Promise<EventLog>;
  /** Opens the same store again, after the suite has closed the log; where it can, in a new process. */
  reopen(): Promise<EventLog>;
  /** Seed of ids and stream names. A server that several runs share needs another each time; it is part of the title. */
  readonly seed?: number;
}
/** Claims that an adapter does not keep, with the reason. A name that is no claim is an error. */
export type Exemptions = Readonly<Record<string, string>>;

const SEED_DEFAULT = 20_260_101;
/** For a real server on a busy machine; the embedded log needs milliseconds. */
const CLAIM_TIMEOUT_MS = 60_000;

const GROUPS: Readonly<Record<string, Claims>> = {
  'appending': appendClaims,
  'idempotency': idempotencyClaims,
  'concurrency': concurrencyClaims,
  'reading a stream': readStreamClaims,
  'reading the whole log': readAllClaims,
  'following': feedClaims,
  'following what is being appended': liveFeedClaims,
  'starting again': restartClaims,
  'closing': closingClaims, // last: it closes the log
};

const TITLES = Object.values(GROUPS).flatMap((claims) => Object.keys(claims));

/** Every adapter of the port must keep these claims (spec/eventstore.md §7.5, §8). */
export const eventLogContract = (name: string, backend: EventLogBackend, exemptions: Exemptions = {}): void => {
  const seed = backend.seed ?? SEED_DEFAULT;
  const titles = new Set(TITLES);
  if (titles.size < TITLES.length) throw new Error('two claims have one title, and no exemption could tell them apart');
  for (const title of Object.keys(exemptions)) if (!titles.has(title)) throw new Error(`there is no claim "${title}" to be exempt from`);
  describe(`event log contract: ${name} (seed ${seed})`, () => {
    const run = new ContractRun(seed);
    beforeAll(async () => {
      run.log = await backend.open();
      run.reopen = async () => {
        await run.log.close();
        run.log = await backend.reopen();
      };
    }, CLAIM_TIMEOUT_MS);
    afterAll(() => run.log.close());
    for (const [group, claims] of Object.entries(GROUPS)) describe(group, () => stateAll(run, claims, exemptions));
  });
};

const stateAll = (run: ContractRun, claims: Claims, exemptions: Exemptions): void => {
  for (const [title, claim] of Object.entries(claims)) {
    const reason = exemptions[title];
    if (reason === undefined) it(title, () => claim(run), CLAIM_TIMEOUT_MS);
    else it.skip(`${title} (exempt: ${reason})`, () => claim(run));
  }
};
