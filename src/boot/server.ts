import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, HealthOnlyModule } from '../app.module.js';
import { ConfigError, type Config } from '../config.js';
import { JobWaits } from '../dispatch/job-waits.js';
import { LiveNodes } from '../dispatch/live-nodes.js';
import { LiveQueue } from '../dispatch/live-queue.message.js';
import { PromptFilters } from '../filters/prompt-filters.message.js';
import { KeptEstimates } from '../dispatch/estimates/kept-estimates.message.js';
import { RecentDispatch } from '../dispatch/estimates/recent-dispatch.js';
import { ModelSpeeds } from '../dispatch/model-speeds.js';
import { Reaper } from '../dispatch/reaper.js';
import { WaitingWorkers } from '../dispatch/waiting-workers.js';
import { Claims } from '../donations/claims.message.js';
import { Members } from '../donations/members.message.js';
import { MonthlyThanks } from '../donations/monthly-thanks.reactor.js';
import { RepayThanks } from '../donations/repay-thanks.reactor.js';
import { Unrepaid } from '../donations/unrepaid.js';
import { Credits } from '../kudos/credits.js';
import { Pockets } from '../kudos/pockets.js';
import { PromoteTrusted } from '../kudos/promote-trusted.reactor.js';
import { RecentGifts } from '../kudos/recent-gifts.js';
import { SweepExcess } from '../kudos/sweep-excess.reactor.js';
import { SharedKeyRegistry } from '../kudos/shared-key-registry.message.js';
import { StyleKeys } from '../styles/style-keys.message.js';
import { categoryOf } from '../kernel/event.js';
import { AddressBlocks } from '../operations/address-blocks.message.js';
import { HordeModes } from '../operations/horde-modes.message.js';
import { Outages } from '../outages/outages.message.js';
import { Serving } from '../outages/serving.message.js';
import { registerBlobRoutes } from '../platform/blobs/blob-routes.js';
import { createHttpApp } from '../platform/http/http-app.js';
import type { ProxiedFor } from '../platform/http/limits/client-ip.js';
import { loggable } from '../platform/telemetry/logger.js';
import { VERSION } from '../platform/telemetry/version.js';
import { DeletedKeys, SharedKeyRequests } from '../requests/deleted-keys.reactor.js';
import { Maintenance } from '../requests/maintenance.reactor.js';
import { LatestOfRequests } from '../requests/latest-of-requests.js';
import { NamesOfWorkers } from '../requests/names-of-workers.js';
import { RecentRequests } from '../requests/recent-requests.js';
import { OpenWork } from '../requests/open-work.js';
import { ProgressStreams } from '../requests/progress-streams.js';
import { Repairs } from '../requests/repairs.reactor.js';
import { RequestWatch } from '../requests/request-watch.js';
import { WebhookInbox } from '../requests/webhooks/webhook-inbox.js';
import { WebhookSender } from '../requests/webhooks/webhook-sender.reactor.js';
import { PastMinute } from '../status/past-minute.js';
import { Erasures } from '../users/erasures.reactor.js';
import { MonthlyGrants } from '../users/monthly-grants.reactor.js';
import { UserDirectory } from '../users/directory.message.js';
import { NextUserId } from '../users/next-user-id.js';
import { ProxyPasskeys } from '../users/proxy-passkeys.js';
import { TrustedUsers } from '../users/trusted-users.message.js';
import { WorkerPresence } from '../workers/presence.js';
import { WorkerRegistry } from '../workers/registry.message.js';
import { WorkerMail } from '../workers/worker-mail.message.js';
import { Suspecting } from '../workers/suspecting.reactor.js';
import { Suspects } from '../workers/suspects.js';
import { WorkerAddresses } from '../workers/worker-addresses.message.js';
import { ForgetErased } from './forget-erased.js';
import { ensureGenesis, type Genesis } from './genesis.js';
import { Housekeeping } from './housekeeping.js';
import { passkeyRows } from './read-models.js';
import { readModelsReady } from './read-models-ready.js';
import { openPlatform, type Platform, type SystemPorts } from './platform.js';
import { repeatedly } from './repeatedly.js';

export interface Server {
  readonly platform: Platform;
  readonly app: NestFastifyApplication;
  /** Undefined where there is no API. */
  readonly genesis: Genesis | undefined;
  readonly url: string;
  close(): Promise<void>;
}

/** What is still not answered so long after a stop was asked for is a client that does not send or read; supervisors kill after 10 s. */
const ANSWERS_PATIENCE_MS = 4_000;
/** So exactly is known when an outage began. */
const SERVING_MS = 1_000;
const REAPER_MS = 1_000;
const REPAIRS_MS = 1_000;
const SUSPECTING_MS = 1_000;
/** So much later than its delivery is a job told of, at most, where the receiver answers. */
const WEBHOOKS_MS = 250;
/** What only a dead process leaves. */
const LEFTOVERS_MS = 30_000;
/** Nobody waits for these: trust comes after a week, and what is above the cap has no effect. */
const PROMOTIONS_MS = 5_000;
const SWEEPS_MS = 5_000;
const HOUSEKEEPING_MS = 60_000;
/** How soon somebody who registers after having begun to support is known as a supporter; the lists themselves are asked for less often. */
const SUPPORTERS_MS = 5 * 60_000;
/** horde-rules §10; the first round leaves a server that has just started some time. */
const THANKS_MS = 60 * 60_000;
const THANKS_FIRST_MS = 5 * 60_000;
/** Well below the 300 s after which a worker counts as gone. */
const PRESENCE_MS = 30_000;
/** A few times in the 20 s after which a node counts as gone. */
const NODES_MS = 5_000;
const NEEDED_BESIDE_EMBEDDED_LOG = ['api', 'projector'] as const;

/** Opens everything in order and listens; whatever fails on the way is closed again. */
export const startServer = async (config: Config, ports: SystemPorts): Promise<Server> => {
  refuseHalfAlone(config, ports);
  const platform = await openPlatform(config, ports);
  try {
    return await serve(platform, ports);
  } catch (error) {
    await platform.close();
    throw error;
  }
};

/** The embedded log belongs to one process: another could never do the other half of the work. Without a notary, all works but the signing. */
const refuseHalfAlone = ({ roles, eventstoreUrl }: Config, { sharedLog }: SystemPorts): void => {
  const left = NEEDED_BESIDE_EMBEDDED_LOG.filter((role) => !roles.has(role));
  if (eventstoreUrl || sharedLog || left.length === 0) return;
  throw new ConfigError(`ROLES leaves out ${left.join()}, but the embedded log belongs to one process. Set EVENTSTORE_URL, or unset ROLES.`);
};

const serve = (platform: Platform, ports: SystemPorts): Promise<Server> => {
  const { config: { roles }, projector, notary } = platform;
  if (roles.has('projector')) projector.start();
  notary?.start();
  return roles.has('api') ? serveApi(platform, ports) : serveHealth(platform);
};

const serveApi = async (platform: Platform, ports: SystemPorts): Promise<Server> => {
  const { config } = platform;
  const passkeys = new ProxyPasskeys(passkeyRows(platform), (purpose, text) => platform.secrets.keyedHash(purpose, text));
  const proxiedFor: ProxiedFor = (address, passkey) => passkeys.spokenFor(address, passkey);
  const app = await createHttpApp(AppModule.with(platform), { ...httpOptions(platform), proxiedFor });
  await registerBlobRoutes(app.getHttpAdapter().getInstance(), platform.blobs);
  await app.init();
  await readModelsReady(platform, ports);
  await startViews(app, platform, passkeys);
  const genesis = await ensureGenesis(app, platform);
  const timers = startTimers(app, platform);
  await app.listen(config.port, config.host);
  return {
    platform, app, genesis, url: await app.getUrl(),
    close: () => {
      for (const waiting of [WaitingWorkers, ProgressStreams, JobWaits]) app.get<{ stop(): void }>(waiting, { strict: false }).stop();
      return shutDown(app, platform, timers);
    },
  };
};

/** Nothing is waited for: a supervisor shall see how far the read models are. */
const serveHealth = async (platform: Platform): Promise<Server> => {
  const { config } = platform;
  const app = await createHttpApp(HealthOnlyModule.with(platform), httpOptions(platform));
  await app.listen(config.port, config.host);
  return { platform, app, genesis: undefined, url: await app.getUrl(), close: () => shutDown(app, platform) };
};

const httpOptions = (platform: Platform) => {
  const { config, clock, timers, ids, logger, readModels } = platform;
  const proxyHops: 0 | 1 = config.trustProxyHops === 1 ? 1 : 0;
  return {
    clock, timers, ids, log: logger, node: `${config.node}:${config.port}:${VERSION}`, proxyHops, bodyLimitBytes: config.bodyLimitBytes,
    rateLimits: { enabled: config.rateLimits, whitelist: new Set(config.rateLimitWhitelist) },
    positions: () => ({ waitFor: (position: number, timeoutMs: number) => readModels.waitFor(position, timeoutMs) }),
  };
};

/** One feed for every view; own appends reach the queue and the registry at once, the feed brings them again. */
const startViews = async (app: NestFastifyApplication, { feed, commanding, vault }: Platform, passkeys: ProxyPasskeys): Promise<void> => {
  const get = <View>(type: abstract new (...args: never[]) => View): View => app.get(type as never, { strict: false });
  const queue = get(LiveQueue);
  const registry = get(WorkerRegistry);
  const [latest, recent] = [get(LatestOfRequests), get(RecentRequests)];
  const watch = get(RequestWatch);
  const directory = get(UserDirectory);
  const modes = get(HordeModes);
  const mail = get(WorkerMail);
  const folds = [
    get(Credits), get(Pockets), get(TrustedUsers), get(RecentGifts), directory, get(NextUserId), registry, get(Suspects), new ForgetErased(vault, feed), queue,
    get(OpenWork), get(PastMinute), get(SharedKeyRegistry), get(SharedKeyRequests), get(StyleKeys), get(Claims), get(Unrepaid), get(WebhookInbox), latest, recent, get(NamesOfWorkers), modes, mail, get(AddressBlocks), get(PromptFilters), watch, get(ModelSpeeds), get(Outages),
    get(JobWaits), get(RecentDispatch), get(KeptEstimates), passkeys,
  ];
  for (const fold of folds) feed.register(fold);
  await feed.start();
  await get(Serving).begin(); // before anything is asked about time
  await get(WorkerPresence).load();
  commanding.onAppended((events) => {
    for (const event of events) {
      const category = categoryOf(event.stream);
      if (category === 'request') {
        queue.apply(event);
        latest.apply(event);
        recent.apply(event);
        watch.apply(event);
      }
      else if (category === 'horde') modes.apply(event);
      else if (category === 'workermessage') mail.apply(event);
      else if (category === 'worker' || category === 'team') registry.apply(event);
      else if (category === 'user') {
        directory.apply(event);
        registry.apply(event);
      }
    }
  });
};

interface Loop {
  readonly name: string;
  readonly everyMs: number;
  readonly firstMs?: number;
  readonly round: () => Promise<unknown>;
}

const startTimers = (app: NestFastifyApplication, { timers, logger, contents, blobs, clock }: Platform): { stop(): Promise<void> } => {
  const reaper = app.get(Reaper, { strict: false });
  const repairs = app.get(Repairs, { strict: false });
  const suspecting = app.get(Suspecting, { strict: false });
  const monthly = app.get(MonthlyGrants, { strict: false });
  const erasures = app.get(Erasures, { strict: false });
  const deletedKeys = app.get(DeletedKeys, { strict: false });
  const [repayments, thanks] = [app.get(RepayThanks, { strict: false }), app.get(MonthlyThanks, { strict: false })];
  const members = app.get(Members, { strict: false });
  const serving = app.get(Serving, { strict: false });
  const presence = app.get(WorkerPresence, { strict: false });
  const nodes = app.get(LiveNodes, { strict: false });
  const webhooks = app.get(WebhookSender, { strict: false });
  const housekeeping = new Housekeeping(contents, blobs, clock);
  const loops = [
    { name: 'serving', everyMs: SERVING_MS, round: () => serving.confirm() },
    { name: 'reaper', everyMs: REAPER_MS, round: () => reaper.round() },
    { name: 'repairs', everyMs: REPAIRS_MS, round: () => repairs.round() },
    { name: 'suspecting', everyMs: SUSPECTING_MS, round: () => suspecting.round() },
    { name: 'monthly grants', everyMs: LEFTOVERS_MS, round: () => monthly.round() },
    { name: 'erasures', everyMs: LEFTOVERS_MS, round: () => erasures.round() },
    { name: 'promotions', everyMs: PROMOTIONS_MS, round: () => app.get(PromoteTrusted, { strict: false }).round() },
    { name: 'sweeps', everyMs: SWEEPS_MS, round: () => app.get(SweepExcess, { strict: false }).round() },
    { name: 'deleted shared keys', everyMs: REPAIRS_MS, round: () => deletedKeys.round() },
    { name: 'maintenance', everyMs: REAPER_MS, round: () => app.get(Maintenance, { strict: false }).round() },
    { name: 'address blocks', everyMs: REAPER_MS, round: () => app.get(AddressBlocks, { strict: false }).round() },
    { name: 'prompt filters', everyMs: REAPER_MS, round: () => app.get(PromptFilters, { strict: false }).round() },
    { name: 'old addresses', everyMs: HOUSEKEEPING_MS, round: () => app.get(WorkerAddresses, { strict: false }).forgetOld() },
    { name: 'housekeeping', everyMs: HOUSEKEEPING_MS, round: () => housekeeping.round() },
    { name: 'supporters', everyMs: SUPPORTERS_MS, round: () => members.refresh() },
    { name: 'repayments', everyMs: REPAIRS_MS, round: () => repayments.round() },
    { name: 'monthly thanks', everyMs: THANKS_MS, firstMs: THANKS_FIRST_MS, round: () => thanks.round() },
    { name: 'webhooks', everyMs: WEBHOOKS_MS, round: () => webhooks.round() },
    { name: 'presence', everyMs: PRESENCE_MS, round: () => presence.round() },
    { name: 'nodes', everyMs: NODES_MS, round: () => nodes.round() },
  ].map(({ name, everyMs, firstMs = 0, round }: Loop) =>
    repeatedly(round, { everyMs, firstMs, timers, onError: (error) => logger.error({ err: loggable(error), loop: name }, 'a round failed and will be tried again') }));
  return {
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await webhooks.stop();
      await presence.round().catch(() => undefined); // a last word to those who go on; without it nothing but time is lost
      await serving.end().catch(() => undefined); // as that
      await nodes.leave().catch(() => undefined); // as that
    },
  };
};

/** No new requests, those under way are answered, timers end, then the platform from the top down. */
const shutDown = async (app: NestFastifyApplication, platform: Platform, timers?: { stop(): Promise<void> }): Promise<void> => {
  const isAnswered = new AbortController();
  void platform.timers.sleep(ANSWERS_PATIENCE_MS, isAnswered.signal).then(() => app.getHttpServer().closeAllConnections(), () => undefined); // in time
  await app.close();
  isAnswered.abort();
  await timers?.stop();
  if (timers) platform.logger.info(platform.commanding.counts.figures, 'what this process has decided, and how often others were faster');
  await platform.close();
};
