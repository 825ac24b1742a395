import { Module } from '@nestjs/common';
import { HeartbeatController } from './heartbeat.controller.js';
import { ModelsController } from './models.controller.js';
import { PerformanceController } from './performance.controller.js';

@Module({ controllers: [HeartbeatController, ModelsController, PerformanceController] })
export class StatusModule {}
