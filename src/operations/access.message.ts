import { Injectable } from '@nestjs/common';
import { Members } from '../donations/members.message.js';
import { Refused, refusedBy } from '../platform/http/refusals.js';
import type { KnownUser } from '../users/directory.message.js';
import { AddressBlocks } from './address-blocks.message.js';
import { AddressChecks } from './address-checks.message.js';
import { HordeModes } from './horde-modes.message.js';
import { accessRefusals, MAINTENANCE_RETRY_S } from './operations.refusals.js';

/** What the modes of the horde and a caller's address allow; each check throws at its place in the order of its route. */
@Injectable()
export class Access {
  constructor(private readonly modes: HordeModes, private readonly blocks: AddressBlocks, private readonly checks: AddressChecks, private readonly members: Members) {}

  /** horde-api C1.1 row 4, C3.1. @throws Refused MaintenanceMode */
  takesRequests(): void {
    if (!this.modes.maintenance) return;
    const [status, message] = accessRefusals.MaintenanceMode;
    throw new Refused('MaintenanceMode', status, message as string, { 'retry-after': MAINTENANCE_RETRY_S });
  }

  /** horde-api C1.1 row 18. @throws Refused TimeoutIP */
  notTimedOut(ip: string): void {
    const seconds = this.blocks.secondsFor(ip);
    if (seconds > 0) throw refusedBy(accessRefusals, 'TimeoutIP', { seconds });
  }

  /** A client that does not say who it is is told nothing from an address in timeout (horde-api C1.2). @throws Refused Forbidden */
  mayWatch(ip: string, isUnknownAgent: boolean): void {
    if (isUnknownAgent && this.blocks.secondsFor(ip) > 0) throw refusedBy(accessRefusals, 'Forbidden');
  }

  /** While the horde is raided, strangers have to come from where people live (horde-rules §9.2). @throws Refused UntrustedUnsafeIP */
  async safeInRaid(ip: string, user: KnownUser): Promise<void> {
    if (!this.modes.raid || user.roles.has('trusted') || this.members.isPatron(user.id)) return;
    if ((await this.checks.verdict(ip)) === 'unsafe') throw refusedBy(accessRefusals, 'UntrustedUnsafeIP');
  }

  /** Who attacks is not told what would work (horde-rules §9.7). */
  get givesHints(): boolean {
    return !this.modes.raid;
  }

  /** Accounts without a login are made for anybody (horde-rules §1.4). */
  get registersStrangers(): boolean {
    return !this.modes.raid;
  }
}
