import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { policyDecider } from './policy.decider.js';
import { OnPolicy } from './policy.message.js';

@CommandHandler(OnPolicy)
export class PolicyHandler implements ICommandHandler<OnPolicy> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(policyDecider);
  }
  execute({ command, context }: OnPolicy) {
    return this.#run.execute('', command, context);
  }
}
