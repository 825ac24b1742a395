import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { workerNameDecider } from './worker-name.decider.js';
import { workerMessageDecider } from './worker-message.decider.js';
import { OnWorkerMessage } from './worker-message.message.js';
import { workerDecider } from './worker.decider.js';
import { OnWorker, OnWorkerName } from './worker.message.js';

@CommandHandler(OnWorker)
export class WorkerHandler implements ICommandHandler<OnWorker> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(workerDecider);
  }
  execute({ worker, command, context }: OnWorker) {
    return this.#run.execute(worker, command, context);
  }
}

@CommandHandler(OnWorkerName)
export class WorkerNameHandler implements ICommandHandler<OnWorkerName> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(workerNameDecider);
  }
  execute({ nameHash, command, context }: OnWorkerName) {
    return this.#run.execute(nameHash, command, context);
  }
}

@CommandHandler(OnWorkerMessage)
export class WorkerMessageHandler implements ICommandHandler<OnWorkerMessage> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(workerMessageDecider);
  }
  execute({ message, command, context }: OnWorkerMessage) {
    return this.#run.execute(message, command, context);
  }
}
