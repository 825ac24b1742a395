import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { outageDecider } from './outage.decider.js';
import { OnOutages } from './outage.message.js';

@CommandHandler(OnOutages)
export class OutageHandler implements ICommandHandler<OnOutages> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(outageDecider);
  }
  execute({ command, context }: OnOutages) {
    return this.#run.execute('', command, context);
  }
}
