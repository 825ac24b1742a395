import { Module } from '@nestjs/common';
import { EstimatesController } from './estimates.controller.js';
import { HeartbeatController } from './heartbeat.controller.js';
import { ModelsController } from './models.controller.js';
import { PerformanceController } from './performance.controller.js';

@Module({ controllers: [EstimatesController, HeartbeatController, ModelsController, PerformanceController] })
export class StatusModule {}
