import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { grantDecider } from './grant.decider.js';
import { OnGrant } from './grant.message.js';

@CommandHandler(OnGrant)
export class GrantHandler implements ICommandHandler<OnGrant> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(grantDecider);
  }
  execute({ key, command, context }: OnGrant) {
    return this.#run.execute(key, command, context);
  }
}
