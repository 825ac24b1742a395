import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Commanding } from '../platform/commanding/commanding.js';
import { subjectDecider } from './subject.decider.js';
import { userDecider } from './user.decider.js';
import { OnSubject, OnUser } from './user.message.js';

@CommandHandler(OnUser)
export class UserHandler implements ICommandHandler<OnUser> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(userDecider);
  }
  execute({ user, command, context }: OnUser) {
    return this.#run.execute(String(user), command, context);
  }
}

@CommandHandler(OnSubject)
export class SubjectHandler implements ICommandHandler<OnSubject> {
  readonly #run;
  constructor(commanding: Commanding) {
    this.#run = commanding.runner(subjectDecider);
  }
  execute({ subjectHash, command, context }: OnSubject) {
    return this.#run.execute(subjectHash, command, context);
  }
}
