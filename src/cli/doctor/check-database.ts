import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projections } from '../../../projections/index.js';
import type { Config } from '../../config.js';
import type { Projection } from '../../kernel/projection.js';
import { Database } from '../../platform/postgres/database.js';
import { PLATFORM_MIGRATIONS } from '../../platform/postgres/platform-migrations.js';
import { loadMasterKey } from '../../platform/vault/master-key.js';
import { Secrets } from '../../platform/vault/secrets.js';
import { Vault } from '../../platform/vault/vault.js';
import { reachPostgres, type Books } from '../books.js';
import { figure } from '../table.js';
import type { Tools } from '../tools.js';
import type { LogSeen } from './check-log.js';
import type { Findings } from './findings.js';

interface Look {
  readonly findings: Findings;
  readonly config: Config;
  readonly tools: Tools;
  readonly log: LogSeen | undefined;
  readonly serverRuns: boolean;
}

export const checkDatabase = async (look: Look): Promise<void> => {
  const { findings, config, tools } = look;
  const reached = await findings.of('PostgreSQL', 'see what the message says; is DATA_DIR (or DATABASE_URL) what the server has?', () => reachPostgres(config, tools));
  if (!reached) return;
  tools.undoing(() => reached.postgres.stop());
  const database = new Database({ url: reached.postgres.url, log: () => undefined, poolMax: 2 });
  tools.undoing(() => database.close());
  const todo = 'see what the message says; the server cannot work without its database';
  const isReachable = await findings.of('PostgreSQL', todo, () => checkVersion(look, database, reached.kind));
  if (isReachable !== true) return;
  const isMigrated = await findings.of('schema', todo, () => checkMigrations(findings, database));
  if (isMigrated !== true) return;
  await findings.of('master key and vault', 'restore the master key of the day this database was made', () => checkVault(look, database));
  await findings.of('read models', todo, () => checkReadModels(look, database));
};

const WHOSE: Readonly<Record<Books['postgres'], string>> = { given: 'at DATABASE_URL', running: 'the embedded one, running', started: 'the embedded one, started for this check' };

const checkVersion = async ({ findings, serverRuns }: Look, database: Database, kind: Books['postgres']): Promise<true> => {
  const [row] = await database.query<{ server_version: string }>('SHOW server_version');
  const orphan = kind === 'running' && !serverRuns ? '; it has outlived its server, and the next start ends it' : '';
  findings.good('PostgreSQL', `${row?.server_version ?? 'of no known version'}, ${WHOSE[kind]}${orphan}`);
  return true;
};

const checkMigrations = async (findings: Findings, database: Database): Promise<boolean> => {
  const [known] = await database.query<{ found: string | null }>("SELECT to_regclass('platform.migration')::text AS found");
  const rows = known?.found == null ? [] : await database.query<{ name: string }>('SELECT name FROM platform.migration ORDER BY name');
  const applied = new Set(rows.map(({ name }) => name));
  const missing = PLATFORM_MIGRATIONS.filter(({ name }) => !applied.has(name)).map(({ name }) => name);
  const strange = [...applied].filter((name) => PLATFORM_MIGRATIONS.every((ours) => ours.name !== name));
  if (strange.length > 0) findings.bad('schema', `it has the steps ${strange.join(', ')} of a newer release`, 'start that release');
  else if (missing.length > 0) findings.bad('schema', `the steps ${missing.join(', ')} are not there`, 'start the server: it takes them');
  else findings.good('schema', `all ${PLATFORM_MIGRATIONS.length} steps are taken`);
  return missing.length === 0;
};

/** Opens one key that is there already, so that nothing is written. */
const checkVault = async ({ findings, config, tools }: Look, database: Database): Promise<void> => {
  const file = join(config.dataDir, 'master.key');
  if (config.masterKey === undefined && !existsSync(file)) return; // said above
  const [any] = await database.query<{ subject: string }>('SELECT subject FROM vault.subject_key WHERE wrapped IS NOT NULL ORDER BY subject LIMIT 1');
  if (!any) {
    findings.good('master key and vault', 'nothing is sealed yet');
    return;
  }
  const vault = new Vault(database, new Secrets(loadMasterKey({ file, given: config.masterKey, ids: tools.ids })), tools.ids);
  await vault.hashUnder(any.subject, '');
  const [count] = await database.query<{ keys: number }>('SELECT count(*) AS keys FROM vault.subject_key WHERE wrapped IS NOT NULL');
  findings.good('master key and vault', `they belong together; ${figure(count?.keys ?? 0)} keys`);
};

interface Checkpoint {
  readonly name: string;
  readonly version: number;
  readonly position: number;
  readonly storeId: string | null;
}

/** A running server moves every checkpoint within a tenth of a second; a busy machine may need some of these. */
const CATCH_UP_MAX_MS = 3_000;
const POLL_MS = 100;

const checkReadModels = async (look: Look, database: Database): Promise<void> => {
  const { serverRuns, log, tools: { clock, timers } } = look;
  const head = log?.head ?? -1;
  const deadline = clock.monotonic() + CATCH_UP_MAX_MS;
  let rows = await checkpoints(database);
  while (serverRuns && clock.monotonic() < deadline && projections.some(({ name }) => (rows.get(name)?.position ?? -1) < head)) {
    await timers.sleep(POLL_MS);
    rows = await checkpoints(database);
  }
  for (const projection of projections) checkReadModel(look, projection, rows.get(projection.name));
};

const checkpoints = async (database: Database): Promise<Map<string, Checkpoint>> => {
  const rows = await database.query<Checkpoint>('SELECT name, version, position, store_id AS "storeId" FROM rm.checkpoint');
  return new Map(rows.map((row) => [row.name, row]));
};

const checkReadModel = ({ findings, log, serverRuns }: Look, { name, version }: Projection, row: Checkpoint | undefined): void => {
  const what = `read model ${name}`;
  if (!row) return findings.bad(what, 'it was never built', 'start the server: it builds it');
  const found = `version ${row.version}, position ${figure(row.position)}`;
  if (row.version > version) findings.bad(what, `${found}, made by a newer release (this one knows ${version})`, 'start that release');
  else if (row.version < version) {
    const todo = 'the server that runs is older than this command: restart it';
    findings.unless(!serverRuns, what, { found: `${found}; version ${version} is built at the next start`, todo });
  } else if (!log) findings.good(what, found);
  else if (row.storeId !== log.storeId) findings.bad(what, `${found}, made from the event store ${String(row.storeId)}`, 'DATABASE_URL or DATA_DIR is wrong; if it is meant: horde rebuild');
  else checkLag({ findings, serverRuns, what, found, name }, log.head - row.position);
};

interface Lag {
  readonly findings: Findings;
  readonly serverRuns: boolean;
  readonly what: string;
  readonly found: string;
  readonly name: string;
}

/** Beside a running server the log may have grown since we looked: then the checkpoint is beyond what we saw of it. */
const checkLag = ({ findings, serverRuns, what, found, name }: Lag, behind: number): void => {
  if (behind === 0 || (behind < 0 && serverRuns)) findings.good(what, `${found}, up to date`);
  else if (behind < 0) findings.bad(what, `${found}, which is beyond the end of the log`, 'the log was restored from an older backup: horde rebuild');
  else if (!serverRuns) findings.good(what, `${found}; ${figure(behind)} positions behind, which the next start makes up`);
  else {
    const todo = `it has stopped or is being rebuilt: the server's log says why (then, with the server stopped: horde rebuild ${name})`;
    findings.bad(what, `${found}; ${figure(behind)} positions behind and not catching up`, todo);
  }
};
