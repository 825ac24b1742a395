import { Global, Module } from '@nestjs/common';
import { CheckIn, CheckInParts } from './check-in.message.js';
import { WorkerHandler, WorkerNameHandler } from './worker.handler.js';
import { Suspecting } from './suspecting.reactor.js';
import { WorkerNames } from './worker-names.js';
import { WorkersController } from './workers.controller.js';

@Global()
@Module({ controllers: [WorkersController], providers: [WorkerHandler, WorkerNameHandler, WorkerNames, CheckIn, CheckInParts, Suspecting], exports: [CheckIn] })
export class WorkersModule {}
