import { Module } from '@nestjs/common';
import { HeartbeatController } from './heartbeat.controller.js';
import { PerformanceController } from './performance.controller.js';

@Module({ controllers: [HeartbeatController, PerformanceController] })
export class StatusModule {}
