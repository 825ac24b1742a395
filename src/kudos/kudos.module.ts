import { Global, Module } from '@nestjs/common';
import { AccountHandler } from './account.handler.js';
import { AwardController } from './award.controller.js';
import { AwardParts, Awards } from './awards.js';
import { Adjusting, AdjustingParts } from './adjusting.message.js';
import { GrantHandler } from './grant.handler.js';
import { PolicyHandler } from './policy.handler.js';
import { Spending } from './spending.message.js';
import { TransferController } from './transfer.controller.js';
import { TransferParts, Transfers } from './transfers.js';

@Global()
@Module({
  controllers: [TransferController, AwardController],
  providers: [AccountHandler, PolicyHandler, GrantHandler, Spending, Adjusting, AdjustingParts, Transfers, TransferParts, Awards, AwardParts],
  exports: [Spending, Adjusting],
})
export class KudosModule {}
