import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { PromptFilters } from '../filters/prompt-filters.message.js';
import { iso } from '../kernel/clock.js';
import { AddressOffences } from '../operations/address-offences.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import type { SentFrom } from '../platform/http/parameters.js';
import { refusedBy } from '../platform/http/refusals.js';
import { Ports } from '../platform/ports.js';
import { OnUser } from '../users/user.message.js';
import type { RequestCaller } from './caller-keys.js';
import { promptRefusals } from './request.refusals.js';

/** A prompt, and all that its judgement depends on. */
export interface PromptToCheck {
  readonly prompt: string;
  readonly models: readonly string[];
  readonly adult: boolean;
  readonly replacementFilter: boolean;
  readonly caller: RequestCaller;
  readonly sender: SentFrom;
  readonly context: CommandContext;
}

/** Rows 19 and 20 of an image request: its prompt (horde-rules §9.3). What is refused is stored nowhere; only that it was, is. */
@Injectable()
export class PromptCheck {
  constructor(private readonly filters: PromptFilters, private readonly offences: AddressOffences, private readonly commands: CommandBus, private readonly ports: Ports) {}

  /** The prompt that workers may get: the same one, or another in its place. @throws Refused InvalidPromptSize, BadRequest, CorruptPrompt */
  async allowed(asked: PromptToCheck): Promise<string> {
    const { prompt, models, adult, replacementFilter, caller } = asked;
    const flagged = caller.payer.roles.has('flagged');
    const judgement = this.filters.judge({ prompt, models, adult, replaceable: replacementFilter || flagged, flagged });
    if (judgement.outcome === 'passed') return judgement.prompt;
    if (judgement.outcome === 'refused') throw refusedBy(promptRefusals, judgement.rc);
    await this.#hold(asked);
    throw refusedBy(promptRefusals, 'CorruptPrompt');
  }

  /**
   * Against who wrote it, and against where it came from. The user comes first: whoever is not known to have been timed out, since this
   * process died in between, sends it again and is, while the suspicion counts once. Whose key a style brings along has not written it.
   */
  async #hold({ caller: { payer, isStyles }, sender: { ip, isSpokenFor }, context }: PromptToCheck): Promise<void> {
    const writer = isStyles ? undefined : payer;
    if (writer?.roles.has('moderator')) return;
    if (writer !== undefined && writer.id !== 0) {
      await this.commands.execute(new OnUser(writer.id, { type: 'SuspectUser', reason: 'CORRUPT_PROMPT', cause: null, at: iso(this.ports.clock.now()) }, context));
    }
    await this.offences.count(ip, writer !== undefined && writer.roles.has('service') && !isSpokenFor, context);
  }
}
