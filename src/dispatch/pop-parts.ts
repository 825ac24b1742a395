import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ports } from '../platform/ports.js';
import { Pricing } from '../pricing/pricing.js';
import { LiveNodes } from './live-nodes.js';
import { PopJournal } from './why/pop-journal.js';
import { WorkerViews } from './worker-view.js';

/** What this node remembers of workers from one pop to the next, and of the nodes beside it. */
@Injectable()
export class WorkerMemory {
  constructor(readonly views: WorkerViews, readonly journal: PopJournal, readonly nodes: LiveNodes) {}
}

/** What a pop needs besides the queue and the worker, in one place. */
@Injectable()
export class PopParts {
  readonly views: WorkerViews;
  readonly journal: PopJournal;
  readonly nodes: LiveNodes;

  constructor(readonly ports: Ports, readonly commands: CommandBus, readonly pricing: Pricing, memory: WorkerMemory) {
    this.views = memory.views;
    this.journal = memory.journal;
    this.nodes = memory.nodes;
  }
}
