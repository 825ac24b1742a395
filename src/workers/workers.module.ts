import { Global, Module } from '@nestjs/common';
import { ArrivalChecks, ArrivalSurroundings } from './arrival-checks.js';
import { CheckIn, CheckInParts } from './check-in.message.js';
import { WorkerPresence } from './presence.js';
import { Uptime } from './uptime.js';
import { WorkerHandler, WorkerMessageHandler, WorkerNameHandler } from './worker.handler.js';
import { EndWorkers } from './end-workers.message.js';
import { Suspecting, SuspectingParts } from './suspecting.reactor.js';
import { WorkerAddresses } from './worker-addresses.message.js';
import { WorkerNames } from './worker-names.js';
import { WorkerChangeController } from './worker-change.controller.js';
import { WorkerChangeParts, WorkerChanges } from './worker-changes.js';
import { WorkerMessageParts, WorkerMessages } from './worker-messages.js';
import { WorkerMessagesController } from './worker-messages.controller.js';
import { WorkersController, WorkersParts } from './workers.controller.js';

@Global()
@Module({
  controllers: [WorkerMessagesController, WorkersController, WorkerChangeController],
  providers: [
    WorkerHandler, WorkerNameHandler, WorkerMessageHandler, WorkerMessages, WorkerMessageParts, WorkerNames, CheckIn, CheckInParts, ArrivalChecks, ArrivalSurroundings, WorkerAddresses, WorkersParts, Uptime, WorkerPresence, Suspecting,
    SuspectingParts, EndWorkers, WorkerChanges, WorkerChangeParts,
  ],
  exports: [CheckIn, EndWorkers, WorkerAddresses],
})
export class WorkersModule {}
