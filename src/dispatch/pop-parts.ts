import { Injectable } from '@nestjs/common';
import type { CommandBus } from '@nestjs/cqrs';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { PopRequests } from './pop-requests.js';
import { PopJournal } from './why/pop-journal.js';
import { WorkerViews } from './worker-view.js';

/** What this node remembers of workers from one pop to the next. */
@Injectable()
export class WorkerMemory {
  constructor(readonly views: WorkerViews, readonly journal: PopJournal) {}
}

/** What a pop needs besides the queue and the worker, in one place. */
@Injectable()
export class PopParts {
  readonly views: WorkerViews;
  readonly journal: PopJournal;
  readonly commands: CommandBus;

  constructor(readonly ports: Ports, readonly requests: PopRequests, readonly pricing: Pricing, memory: WorkerMemory) {
    this.commands = requests.commands;
    this.views = memory.views;
    this.journal = memory.journal;
  }
}
