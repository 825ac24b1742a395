import { Global, Module } from '@nestjs/common';
import { AlchemyController } from './alchemy.controller.js';
import { AlchemyDeliver } from './alchemy-deliver.js';
import { AlchemyArrivals, AlchemyPop } from './alchemy-pop.js';
import { Availability } from './availability.message.js';
import { Deliver } from './deliver.js';
import { DeliverParts } from './deliver-parts.js';
import { Pop } from './pop.js';
import { PopController } from './pop.controller.js';
import { PopParts } from './pop-parts.js';
import { Reaper } from './reaper.js';
import { SubmitController } from './submit.controller.js';
import { UpfrontForms } from './upfront-forms.js';
import { Visits } from './visits.js';
import { WaitingWorkers } from './waiting-workers.js';

@Global()
@Module({
  controllers: [AlchemyController, PopController, SubmitController],
  providers: [AlchemyArrivals, AlchemyDeliver, AlchemyPop, UpfrontForms, Availability, Deliver, DeliverParts, Pop, PopParts, Reaper, Visits, WaitingWorkers],
  exports: [Availability, Reaper],
})
export class DispatchModule {}
