import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../platform/commanding/outcome.js';
import type { SubjectCommand, SubjectEvent, SubjectOwner, SubjectRc } from './subject.decider.js';
import type { UserCommand } from './user.commands.js';
import type { UserRc } from './user.decider.js';
import type { UserEvent } from './user.events.js';
import type { User } from './user.state.js';

/** Anything that may be asked of one user's identity. */
export class OnUser extends Command<Outcome<UserEvent, User, UserRc>> {
  constructor(readonly user: number, readonly command: UserCommand, readonly context: CommandContext) {
    super();
  }
}

/** One sign-in subject, named by its keyed hash. */
export class OnSubject extends Command<Outcome<SubjectEvent, SubjectOwner, SubjectRc>> {
  constructor(readonly subjectHash: string, readonly command: SubjectCommand, readonly context: CommandContext) {
    super();
  }
}
