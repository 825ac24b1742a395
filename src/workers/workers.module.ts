import { Global, Module } from '@nestjs/common';
import { CheckIn } from './check-in.message.js';
import { WorkerPresence } from './presence.js';
import { Uptime } from './uptime.js';
import { WorkerHandler, WorkerNameHandler } from './worker.handler.js';
import { WorkersController } from './workers.controller.js';

@Global()
@Module({ controllers: [WorkersController], providers: [WorkerHandler, WorkerNameHandler, CheckIn, Uptime, WorkerPresence], exports: [CheckIn] })
export class WorkersModule {}
