import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { accountDecider } from './account.decider.js';
import { OnAccount } from './account.message.js';

@CommandHandler(OnAccount)
export class AccountHandler implements ICommandHandler<OnAccount> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(accountDecider, { snapshots: true });
  }
  execute({ account, command, context }: OnAccount) {
    return this.#run.execute(String(account), command, context);
  }
}
