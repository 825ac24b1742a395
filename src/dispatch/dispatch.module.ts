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
import { Reaper, ServedTime } from './reaper.js';
import { SubmitController } from './submit.controller.js';
import { UpfrontForms } from './upfront-forms.js';

@Global()
@Module({
  controllers: [AlchemyController, PopController, SubmitController],
  providers: [AlchemyArrivals, AlchemyDeliver, AlchemyPop, UpfrontForms, Availability, Deliver, DeliverParts, Pop, PopParts, Reaper, ServedTime],
  exports: [Availability, Reaper],
})
export class DispatchModule {}
