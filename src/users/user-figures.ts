import { Injectable } from '@nestjs/common';
import type { KnownUser } from './directory.message.js';
import type { UserFigures } from './user-view.js';

/** Balances and lists of one user, from the read models. */
@Injectable()
export abstract class UserFiguresSource {
  abstract of(user: KnownUser): Promise<UserFigures>;
}
