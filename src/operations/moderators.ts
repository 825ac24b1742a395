import { Injectable } from '@nestjs/common';
import { refusedBy } from '../platform/http/refusals.js';
import { UserDirectory, type KnownUser } from '../users/directory.message.js';
import { operationsRefusals } from './operations.refusals.js';

/** Who calls. */
@Injectable()
export class Moderators {
  constructor(private readonly directory: UserDirectory) {}

  /** @throws Refused InvalidAPIKey */
  async caller(apiKey: string): Promise<KnownUser> {
    const caller = await this.directory.byKey(apiKey);
    if (!caller) throw refusedBy(operationsRefusals, 'InvalidAPIKey');
    return caller;
  }

  /** @throws Refused InvalidAPIKey, NotModerator */
  async moderator(apiKey: string): Promise<KnownUser> {
    const caller = await this.caller(apiKey);
    if (!caller.roles.has('moderator')) throw refusedBy(operationsRefusals, 'NotModerator');
    return caller;
  }
}
