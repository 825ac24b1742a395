import { Global, Module } from '@nestjs/common';
import { AddressLimits } from './address-limits.js';
import { Admission } from './admission.js';
import { AdmissionParts } from './admission-parts.js';
import { AlchemyStatus } from './alchemy-status.js';
import { AlchemySubmission } from './alchemy-submission.js';
import { AsyncController } from './async.controller.js';
import { CallerKeys } from './caller-keys.js';
import { Cancel } from './cancel.js';
import { DeletedKeys } from './deleted-keys.reactor.js';
import { CallerStanding, Gate, GateParts } from './gate.js';
import { ImageSubmission } from './image-submission.js';
import { InterrogateController } from './interrogate.controller.js';
import { Maintenance } from './maintenance.reactor.js';
import { Brought, Outside } from './outside.js';
import { PromptCheck } from './prompt-check.js';
import { ProgressController } from './progress.controller.js';
import { ProgressStreams } from './progress-streams.js';
import { RateController } from './rate.controller.js';
import { RatingParts, Ratings } from './ratings.js';
import { RecentStatus } from './recent-status.js';
import { RepairParts, Repairs } from './repairs.reactor.js';
import { RequestHandler } from './request.handler.js';
import { Results } from './results.js';
import { Settling } from './settling.message.js';
import { Status, StatusTime } from './status.js';
import { StatusController } from './status.controller.js';
import { StyleUse } from './style-use.js';
import { TextSubmission } from './text-submission.js';
import { WebhookMessages } from './webhooks/webhook-messages.js';
import { WebhookSender } from './webhooks/webhook-sender.reactor.js';

@Global()
@Module({
  controllers: [AsyncController, InterrogateController, StatusController, RateController, ProgressController],
  providers: [
    AddressLimits, RequestHandler, AlchemyStatus, AlchemySubmission, Admission, AdmissionParts, Brought, CallerKeys, CallerStanding, Cancel, DeletedKeys, Gate, GateParts, ImageSubmission, Maintenance, Outside, PromptCheck, TextSubmission,
    Repairs, RepairParts, RecentStatus, Results, Settling, Status, StatusTime, StyleUse, Ratings, RatingParts, ProgressStreams, WebhookMessages, WebhookSender,
  ],
  exports: [Settling, Repairs, DeletedKeys, Maintenance, WebhookSender],
})
export class RequestsModule {}
