import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { requestDecider } from './request.decider.js';
import { OnRequest } from './request.message.js';

@CommandHandler(OnRequest)
export class RequestHandler implements ICommandHandler<OnRequest> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(requestDecider);
  }
  execute({ request, command, context }: OnRequest) {
    return this.#run.execute(request, command, context);
  }
}
