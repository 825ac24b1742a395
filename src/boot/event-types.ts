import { FILTER_EVENT_TYPES } from '../filters/filter.events.js';
import { ACCOUNT_EVENT_TYPES } from '../kudos/account.events.js';
import { GRANT_EVENT_TYPES } from '../kudos/grant.events.js';
import { POLICY_EVENT_TYPES } from '../kudos/policy.events.js';
import { ADDRESS_BLOCK_EVENT_TYPES } from '../operations/address-block.events.js';
import { MODES_EVENT_TYPES } from '../operations/modes.events.js';
import { OUTAGE_EVENT_TYPES } from '../outages/outage.events.js';
import { LEDGER_EVENT_TYPES } from '../platform/event-log/ledger.events.js';
import { REQUEST_EVENT_TYPES } from '../requests/request.events.js';
import { STYLE_EVENT_TYPES } from '../styles/style.events.js';
import { TEAM_EVENT_TYPES } from '../teams/team.events.js';
import { USER_EVENT_TYPES } from '../users/user.events.js';
import { WORKER_MESSAGE_EVENT_TYPES } from '../workers/worker-message.events.js';
import { WORKER_EVENT_TYPES } from '../workers/worker.events.js';

/** Every type that this build writes; an event of a newer version of one of them stops its readers. */
export const EVENT_TYPES: readonly string[] = [
  ...ACCOUNT_EVENT_TYPES, ...ADDRESS_BLOCK_EVENT_TYPES, ...FILTER_EVENT_TYPES, ...GRANT_EVENT_TYPES, ...LEDGER_EVENT_TYPES, ...MODES_EVENT_TYPES, ...OUTAGE_EVENT_TYPES, ...POLICY_EVENT_TYPES, ...REQUEST_EVENT_TYPES, ...STYLE_EVENT_TYPES, ...TEAM_EVENT_TYPES, ...USER_EVENT_TYPES, ...WORKER_EVENT_TYPES,
  ...WORKER_MESSAGE_EVENT_TYPES,
];

const STYLE_TEXTS = ['name', 'info', 'prompt', 'params', 'tags.*', 'sharedKey.id', 'templateFields'];

/** Nobody's, but not for everybody who reads the ledger (docs/decisions/0037). */
const FILTER_TEXTS = ['regex', 'description', 'replacement'];

/** Where personal text stands in events: sealed before it is stored (spec/ledger.md §4.12). */
export const PERSONAL_PATHS: ReadonlyMap<string, readonly string[]> = new Map([
  ['UserRegistered.v1', ['name']],
  ['UserRenamed.v1', ['name']],
  ['UserSettingsChanged.v1', ['contact', 'adminComment']],
  ['ProxyPasskeyIssued.v1', ['passkey']],
  ['SharedKeyCreated.v1', ['id', 'name']],
  ['SharedKeyChanged.v1', ['name']],
  ['WorkerRegistered.v1', ['name']],
  ['WorkerRenamed.v1', ['name']],
  ['WorkerInfoChanged.v1', ['info']],
  ['MaintenanceChanged.v1', ['message']],
  ['WorkerMessagePosted.v1', ['text', 'origin']],
  ['StyleCreated.v1', STYLE_TEXTS],
  ['StyleChanged.v1', STYLE_TEXTS],
  ['StyleExampleAdded.v1', ['url']],
  ['StyleExampleChanged.v1', ['url']],
  ['TeamCreated.v1', ['name', 'info']],
  ['TeamChanged.v1', ['name', 'info']],
  ['CollectionCreated.v1', ['name', 'info']],
  ['CollectionChanged.v1', ['name', 'info']],
  ['FilterAdded.v1', FILTER_TEXTS],
  ['FilterChanged.v1', FILTER_TEXTS],
]);
