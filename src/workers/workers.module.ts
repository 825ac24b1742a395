import { Global, Module } from '@nestjs/common';
import { CheckIn, CheckInParts } from './check-in.message.js';
import { WorkerHandler, WorkerNameHandler } from './worker.handler.js';
import { WorkersController } from './workers.controller.js';

@Global()
@Module({ controllers: [WorkersController], providers: [WorkerHandler, WorkerNameHandler, CheckIn, CheckInParts], exports: [CheckIn] })
export class WorkersModule {}
