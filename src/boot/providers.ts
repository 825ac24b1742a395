import type { Provider } from '@nestjs/common';
import { projections } from '../../projections/index.js';
import { Clock, Timers } from '../kernel/clock.js';
import { Ids } from '../kernel/ids.js';
import { SpeedLimits } from '../dispatch/deliver-parts.js';
import { JobFinder } from '../dispatch/job-finder.js';
import { JobStandings } from '../dispatch/job-standing.js';
import { JobWaits } from '../dispatch/job-waits.js';
import { LiveNodes } from '../dispatch/live-nodes.js';
import { LiveQueue } from '../dispatch/live-queue.message.js';
import { Matcher } from '../dispatch/matcher.js';
import { RecentDispatch } from '../dispatch/estimates/recent-dispatch.js';
import { ModelSpeeds } from '../dispatch/model-speeds.js';
import { PopEdge } from '../dispatch/pop.controller.js';
import { Claims } from '../donations/claims.message.js';
import { Members } from '../donations/members.message.js';
import { DonationSource } from '../donations/repay-thanks.reactor.js';
import { Unrepaid } from '../donations/unrepaid.js';
import { findDecoy } from '../dispatch/decoys.js';
import { isInMaintenance, WorkerViews } from '../dispatch/worker-view.js';
import { PromptFilters } from '../filters/prompt-filters.message.js';
import { NO_CAP } from '../config.js';
import { kudos } from '../kernel/kudos.js';
import { Credits } from '../kudos/credits.js';
import { AdminIds } from '../kudos/compensation.js';
import { LedgerIndex } from '../kudos/ledger-index.js';
import { KudosCap } from '../kudos/kudos-cap.message.js';
import { Pockets } from '../kudos/pockets.js';
import { TrustThreshold } from '../kudos/promote-trusted.reactor.js';
import { RecentGifts } from '../kudos/recent-gifts.js';
import { SharedKeyRegistry, SharedKeyStyles } from '../kudos/shared-key-registry.message.js';
import { SharedKeyRows } from '../kudos/shared-keys.js';
import { TransferIndex } from '../kudos/transfers.js';
import { AddressChecks } from '../operations/address-checks.message.js';
import { HordeModes } from '../operations/horde-modes.message.js';
import { BlobStore } from '../platform/blobs/blob-store.js';
import { Outages } from '../outages/outages.message.js';
import { ProcessPauses } from '../outages/process-pauses.js';
import { ServedUntil } from '../outages/served-until.js';
import { Commanding } from '../platform/commanding/commanding.js';
import { Contents } from '../platform/content/contents.js';
import { NodeFeed } from '../platform/event-log/node-feed.js';
import { RecentPast } from '../platform/event-log/recent-past.js';
import { Database } from '../platform/postgres/database.js';
import { Strangers } from '../platform/outbound/strangers.js';
import { Profanity, WordListProfanity } from '../platform/profanity.js';
import { Readiness } from '../platform/health/readiness.js';
import { PublishedCheckpoints } from '../notary/published-checkpoints.js';
import { Freshness } from '../platform/projecting/freshness.js';
import { Ports } from '../platform/ports.js';
import { SystemClock } from '../platform/system/system.js';
import { AddressTags } from '../platform/vault/address-tags.js';
import { Secrets } from '../platform/vault/secrets.js';
import { Pricing } from '../pricing/pricing.js';
import { PriorityCap } from '../requests/admission-parts.js';
import { AnonymousUse } from '../requests/gate.js';
import { SharedKeyRequests } from '../requests/deleted-keys.reactor.js';
import { LatestOfRequests } from '../requests/latest-of-requests.js';
import { NamesOfWorkers } from '../requests/names-of-workers.js';
import { RecentRequests } from '../requests/recent-requests.js';
import { OpenWork } from '../requests/open-work.js';
import { RequestHistory, RequestWatch } from '../requests/request-watch.js';
import { StatusRows } from '../requests/status-rows.js';
import { DueDeliveries } from '../requests/webhooks/due-deliveries.js';
import { WebhookCounts } from '../requests/webhooks/webhook-counts.js';
import { WebhookInbox } from '../requests/webhooks/webhook-inbox.js';
import { SenderParts } from '../requests/webhooks/webhook-sender.reactor.js';
import { StyleRows } from '../styles/catalogue.message.js';
import { StyleKeys } from '../styles/style-keys.message.js';
import { PastMinute } from '../status/past-minute.js';
import { TeamRows } from '../teams/teams.message.js';
import { DevAccess } from '../users/dev-access.js';
import { UserDirectory } from '../users/directory.message.js';
import { NextUserId } from '../users/next-user-id.js';
import { OpenRegistration } from '../users/register.controller.js';
import { TrustedUsers } from '../users/trusted-users.message.js';
import { Admins } from '../users/admins.message.js';
import { UnfinishedErasures } from '../users/erasures.reactor.js';
import { MonthlyDues } from '../users/monthly-grants.reactor.js';
import { LastActivity } from '../users/user-deletions.js';
import { UserFiguresSource } from '../users/user-figures.js';
import { UserPages } from '../users/user-page.js';
import { WorkerRegistry } from '../workers/registry.message.js';
import { WorkerMail } from '../workers/worker-mail.message.js';
import { MessagePages } from '../workers/worker-messages.js';
import { Suspects } from '../workers/suspects.js';
import { WorkerJobs } from '../workers/worker-changes.js';
import { WorkerFiguresSource } from '../workers/worker-figures.js';
import { makeAddressChecks } from './make-address-checks.js';
import { makeMembers } from './make-members.js';
import { makeStrangers } from './make-strangers.js';
import { filterRows } from './filter-rows.js';
import { mailRows, modesRows, PostgresMessagePages } from './operations-rows.js';
import { suspectRows, workerRows } from './worker-rows.js';
import type { Platform } from './platform.js';
import {
  claimRows, creditRows, giftRows, jobRows, openWorkRows, pocketRows, PostgresLastActivity, PostgresLedgerIndex, PostgresMonthlyDues, PostgresSharedKeyRows,
  PostgresTransferIndex, PostgresUnfinishedErasures, PostgresUserFigures, PostgresUserPages, PostgresWorkerFigures, PostgresWorkerJobs, queueRows,
  sharedKeyRequestRows, sharedKeyRows, trustedRows, unrepaidRows, userIdRows, userRows,
} from './read-models.js';
import { LogRequestHistory } from './request-history.js';
import { PostgresStyleRows, styleKeyRows } from './style-rows.js';
import { PostgresStatusRows, PostgresWorkerNames } from './status-rows.js';
import { PostgresTeamRows } from './team-rows.js';

/** Everything that is made by hand, by the class that features ask for: abstract ports, views in memory, settings. */
export const platformProviders = (platform: Platform): Provider[] => {
  const { config, clock, timers, ids, feed, pricing, secrets, blobs } = platform;
  const keyedHash: Secrets['keyedHash'] = (purpose, text) => secrets.keyedHash(purpose, text);
  const cap = new KudosCap(config.kudosCap < kudos(NO_CAP) ? config.kudosCap : undefined, new Set(config.donationSource === undefined ? [] : [config.donationSource]));
  const directory = new UserDirectory(userRows(platform), feed, keyedHash);
  const members = makeMembers(platform, directory);
  const queue = new LiveQueue(queueRows(platform), pricing.reference, config);
  const mail = new WorkerMail(mailRows(platform), clock);
  const outages = new Outages(feed);
  const trusted = new TrustedUsers(trustedRows(platform));
  const styleKeys = new StyleKeys(styleKeyRows(platform));
  const strangers = makeStrangers(config);
  const due = new DueDeliveries(platform.database, platform.log.storeId);
  const counts = new WebhookCounts(due);
  const past = new RecentPast(platform.log, clock);
  const values: readonly (readonly [abstract new (...args: never[]) => object, object])[] = [
    [Ports, { clock, ids, feed, contents: platform.contents, blobs, secrets }],
    [Clock, clock], [Timers, timers], [Ids, ids], [NodeFeed, feed], [Database, platform.database], [Freshness, platform.readModels],
    [Commanding, platform.commanding], [Strangers, strangers], [Contents, platform.contents], [BlobStore, blobs], [Secrets, secrets], [Pricing, pricing],
    [UserDirectory, directory], [Claims, new Claims(claimRows(platform))], [Unrepaid, new Unrepaid(unrepaidRows(platform))],
    [Members, members], [DonationSource, new DonationSource(config.donationSource)],
    [NextUserId, new NextUserId(userIdRows(platform))],
    [Credits, new Credits(creditRows(platform))], [RecentGifts, new RecentGifts(giftRows(platform), clock)],
    [KudosCap, cap], [Pockets, new Pockets(pocketRows(platform), cap)], [TrustThreshold, new TrustThreshold(config.trustThreshold)],
    [TrustedUsers, trusted], [LedgerIndex, new PostgresLedgerIndex(platform)], [AdminIds, new AdminIds(new Set(config.admins))],
    [SharedKeyRegistry, new SharedKeyRegistry(sharedKeyRows(platform), feed, keyedHash, clock)], [SharedKeyRows, new PostgresSharedKeyRows(platform)],
    [SharedKeyRequests, new SharedKeyRequests(sharedKeyRequestRows(platform))], [SharedKeyStyles, styleKeys],
    [WorkerRegistry, new WorkerRegistry(workerRows(platform), outages, trusted)], [Suspects, new Suspects(suspectRows(platform))], [Profanity, new WordListProfanity()],
    [JobStandings, jobRows(platform)], [JobWaits, new JobWaits(feed, clock, timers)],
    [Outages, outages], [ServedUntil, new ServedUntil(platform.database, platform.log.storeId)], [ProcessPauses, new ProcessPauses(new SystemClock())],
    [LiveQueue, queue], [LiveNodes, new LiveNodes(`${config.node}:${config.port}`, platform.database)], [OpenWork, new OpenWork(openWorkRows(platform), clock)],
    [JobFinder, new JobFinder(queue, jobRows(platform), feed, (job) => findDecoy(platform.contents, job, outages))], [WorkerViews, new WorkerViews(pricing, isInMaintenance)], [Matcher, new Matcher(pricing)],
    [PopEdge, new PopEdge(ids, blobs, pricing, mail)], [WorkerMail, mail], [MessagePages, new PostgresMessagePages(platform)],
    [ModelSpeeds, new ModelSpeeds(past, clock)], [RecentDispatch, new RecentDispatch(queue, past, clock)],
    [LatestOfRequests, new LatestOfRequests(feed)], [RecentRequests, new RecentRequests(queue, feed)],
    [NamesOfWorkers, new NamesOfWorkers(new PostgresWorkerNames(platform), feed)], [RequestWatch, new RequestWatch(feed)], [RequestHistory, new LogRequestHistory(platform.log)],
    [StatusRows, new PostgresStatusRows(platform)], [TransferIndex, new PostgresTransferIndex(platform)],
    [UserFiguresSource, new PostgresUserFigures(platform, members)], [StyleRows, new PostgresStyleRows(platform)], [TeamRows, new PostgresTeamRows(platform)], [StyleKeys, styleKeys],
    [UserPages, new PostgresUserPages(platform)], [MonthlyDues, new PostgresMonthlyDues(platform)],
    [LastActivity, new PostgresLastActivity(platform)], [UnfinishedErasures, new PostgresUnfinishedErasures(platform)], [Admins, new Admins(config.admins)],
    [PastMinute, new PastMinute(past, clock)], [WorkerFiguresSource, new PostgresWorkerFigures(platform)], [WorkerJobs, new PostgresWorkerJobs(platform)],
    [PriorityCap, new PriorityCap(config.kudosCap)], [AnonymousUse, new AnonymousUse(config.anonymous)], [AddressTags, new AddressTags(platform.vault, clock)],
    [HordeModes, new HordeModes(modesRows(platform))], [AddressChecks, makeAddressChecks(platform)],
    [PromptFilters, new PromptFilters(filterRows(platform), config.promptFilters)],
    [PublishedCheckpoints, new PublishedCheckpoints(platform.database, platform.log.storeId)],
    [WebhookInbox, new WebhookInbox({ due, contents: platform.contents, feed, clock })], [SenderParts, new SenderParts({ clock, ids, secrets }, due, counts, { strangers, logger: platform.logger })],
    [SpeedLimits, new SpeedLimits(pricing, outages, config.speedLimits)], [OpenRegistration, new OpenRegistration(config.registration)], [DevAccess, new DevAccess(config.testApiKeys)],
  ];
  return [...values.map(([provide, useValue]) => ({ provide, useValue })), ...healthProviders(platform, counts)];
};

/** What every process serves, also one without the API. */
export const healthProviders = (platform: Platform, webhooks?: WebhookCounts): Provider[] => {
  const { config: { roles }, clock, timers, log, checkpoints, projector, feed, notary } = platform;
  const readiness = new Readiness({
    log, checkpoints, clock, timers, names: projections.map(({ name }) => name),
    own: () => (roles.has('projector') ? projector.status() : []), views: roles.has('api') ? () => feed.position : undefined,
    notary: notary && (() => notary.status()), webhooks: webhooks && (() => webhooks.figures()),
  });
  return [{ provide: Readiness, useValue: readiness }];
};
