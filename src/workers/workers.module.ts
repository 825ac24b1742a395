import { Global, Module } from '@nestjs/common';
import { CheckIn, CheckInParts } from './check-in.message.js';
import { WorkerPresence } from './presence.js';
import { Uptime } from './uptime.js';
import { WorkerHandler, WorkerNameHandler } from './worker.handler.js';
import { EndWorkers } from './end-workers.message.js';
import { Suspecting } from './suspecting.reactor.js';
import { WorkerNames } from './worker-names.js';
import { WorkerChangeController } from './worker-change.controller.js';
import { WorkerChangeParts, WorkerChanges } from './worker-changes.js';
import { WorkersController } from './workers.controller.js';

@Global()
@Module({
  controllers: [WorkersController, WorkerChangeController],
  providers: [
    WorkerHandler, WorkerNameHandler, WorkerNames, CheckIn, CheckInParts, Uptime, WorkerPresence, Suspecting, EndWorkers, WorkerChanges, WorkerChangeParts,
  ],
  exports: [CheckIn, EndWorkers],
})
export class WorkersModule {}
