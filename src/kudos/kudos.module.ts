import { Global, Module } from '@nestjs/common';
import { AccountHandler } from './account.handler.js';
import { AwardController } from './award.controller.js';
import { AwardParts, Awards } from './awards.js';
import { Adjusting, AdjustingParts } from './adjusting.message.js';
import { BulkTransferController } from './bulk-transfer.controller.js';
import { BulkTransfers } from './bulk-transfers.js';
import { GrantHandler } from './grant.handler.js';
import { PolicyHandler } from './policy.handler.js';
import { PromoteTrusted, PromotionParts } from './promote-trusted.reactor.js';
import { ReconciliationController } from './reconciliation.controller.js';
import { Reconciliations } from './reconciliations.js';
import { ReversalController } from './reversal.controller.js';
import { Reversals } from './reversals.js';
import { CompensationParts } from './compensation.js';
import { SharedKeyOwners, SharedKeyViews } from './shared-key-registry.message.js';
import { SharedKeyParts, SharedKeys } from './shared-keys.js';
import { SharedKeyShows } from './shared-key-shows.js';
import { SharedKeysController } from './shared-keys.controller.js';
import { Spending } from './spending.message.js';
import { SweepExcess, SweepParts } from './sweep-excess.reactor.js';
import { TransferController } from './transfer.controller.js';
import { RecipientViews, TransferTargets } from './transfer-targets.js';
import { TransferParts, Transfers } from './transfers.js';

@Global()
@Module({
  controllers: [TransferController, ReversalController, ReconciliationController, BulkTransferController, SharedKeysController, AwardController],
  providers: [
    AccountHandler, PolicyHandler, GrantHandler, Spending, Adjusting, AdjustingParts, Transfers, TransferParts, TransferTargets, RecipientViews, BulkTransfers,
    SharedKeys, SharedKeyParts, Awards, AwardParts, { provide: SharedKeyOwners, useExisting: SharedKeys }, SharedKeyShows,
    { provide: SharedKeyViews, useExisting: SharedKeyShows },
    PromoteTrusted, PromotionParts, SweepExcess, SweepParts, Reversals, Reconciliations, CompensationParts,
  ],
  exports: [Spending, Adjusting, SharedKeyOwners, SharedKeyViews],
})
export class KudosModule {}
