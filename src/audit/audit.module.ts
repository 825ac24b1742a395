import { Module } from '@nestjs/common';
import { StatementController } from './statement.controller.js';
import { SupplyController } from './supply.controller.js';

@Module({ controllers: [StatementController, SupplyController] })
export class AuditModule {}
