import { Global, Module } from '@nestjs/common';
import { AlchemyController } from './alchemy.controller.js';
import { AlchemyDeliver } from './alchemy-deliver.js';
import { AlchemyPop } from './alchemy-pop.js';
import { Arrivals, Losses } from './arrivals.js';
import { Availability } from './availability.message.js';
import { Crowding } from './crowding.message.js';
import { Deliver } from './deliver.js';
import { DeliverParts } from './deliver-parts.js';
import { ESTIMATES } from './estimates/estimates.providers.js';
import { KeptEstimates } from './estimates/kept-estimates.message.js';
import { Fairness } from './fairness.js';
import { MaintenanceWords } from './maintenance-words.js';
import { Models } from './model-figures.message.js';
import { JobController } from './job.controller.js';
import { JobStanding, JobStandingParts } from './job-standing.js';
import { LostContent } from './lost-content.js';
import { OnlineSummaries } from './online-workers.js';
import { Pop } from './pop.js';
import { PopController } from './pop.controller.js';
import { PopParts, WorkerMemory } from './pop-parts.js';
import { Purses } from './purses.js';
import { Reaper, ServedTime } from './reaper.js';
import { SubmitController } from './submit.controller.js';
import { TakingBack } from './taking-back.js';
import { UnheardJobs } from './unheard-jobs.js';
import { UpfrontForms } from './upfront-forms.js';
import { Visits } from './visits.js';
import { WaitingWorkers } from './waiting-workers.js';
import { PopJournal } from './why/pop-journal.js';
import { WhyController } from './why/why.controller.js';
import { Why } from './why/why.js';

@Global()
@Module({
  controllers: [AlchemyController, JobController, PopController, SubmitController, WhyController],
  providers: [Arrivals, AlchemyDeliver, AlchemyPop, UpfrontForms, Availability, Crowding, Deliver, DeliverParts, ...ESTIMATES, Fairness, JobStanding, JobStandingParts, Losses, LostContent, MaintenanceWords, Models, OnlineSummaries, Pop, PopJournal, PopParts, Purses, Reaper, ServedTime, TakingBack, UnheardJobs, Visits, WaitingWorkers, Why, WorkerMemory],
  exports: [Availability, Crowding, KeptEstimates, Models, Reaper],
})
export class DispatchModule {}
