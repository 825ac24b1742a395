import { Global, Module } from '@nestjs/common';
import { AlchemyController } from './alchemy.controller.js';
import { AlchemyDeliver } from './alchemy-deliver.js';
import { AlchemyPop } from './alchemy-pop.js';
import { Arrivals } from './arrivals.js';
import { Availability } from './availability.message.js';
import { Deliver } from './deliver.js';
import { DeliverParts } from './deliver-parts.js';
import { Fairness } from './fairness.js';
import { Pop } from './pop.js';
import { PopController } from './pop.controller.js';
import { PopParts } from './pop-parts.js';
import { Reaper } from './reaper.js';
import { SubmitController } from './submit.controller.js';
import { UpfrontForms } from './upfront-forms.js';

@Global()
@Module({
  controllers: [AlchemyController, PopController, SubmitController],
  providers: [Arrivals, AlchemyDeliver, AlchemyPop, UpfrontForms, Availability, Deliver, DeliverParts, Fairness, Pop, PopParts, Reaper],
  exports: [Availability, Reaper],
})
export class DispatchModule {}
