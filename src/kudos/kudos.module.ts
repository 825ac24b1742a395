import { Global, Module } from '@nestjs/common';
import { AccountHandler } from './account.handler.js';
import { Adjusting, AdjustingParts } from './adjusting.message.js';
import { GrantHandler } from './grant.handler.js';
import { PolicyHandler } from './policy.handler.js';
import { PromoteTrusted, PromotionParts } from './promote-trusted.reactor.js';
import { ReconciliationController } from './reconciliation.controller.js';
import { Reconciliations } from './reconciliations.js';
import { ReversalController } from './reversal.controller.js';
import { Reversals } from './reversals.js';
import { CompensationParts } from './compensation.js';
import { Spending } from './spending.message.js';
import { SweepExcess, SweepParts } from './sweep-excess.reactor.js';
import { TransferController } from './transfer.controller.js';
import { TransferParts, Transfers } from './transfers.js';

@Global()
@Module({
  controllers: [TransferController, ReversalController, ReconciliationController],
  providers: [
    AccountHandler, PolicyHandler, GrantHandler, Spending, Adjusting, AdjustingParts, Transfers, TransferParts, PromoteTrusted,
    PromotionParts, SweepExcess, SweepParts, Reversals, Reconciliations, CompensationParts,
  ],
  exports: [Spending, Adjusting],
})
export class KudosModule {}
