import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { personal } from '../kernel/event.js';
import { floorOf } from '../kudos/account.state.js';
import { OnPolicy } from '../kudos/policy.message.js';
import type { CommandContext } from '../platform/commanding/outcome.js';
import { OPERATOR_ID } from '../users/directory.message.js';
import { Registration } from '../users/registration.message.js';
import { OnUser } from '../users/user.message.js';
import type { Platform } from './platform.js';

const OPERATOR_NAME = 'operator';

export interface Genesis {
  /** Only when this start made the operator: shown once. */
  readonly operatorKey: string | undefined;
  readonly keyFile: string;
}

/** What every horde begins with: the adopted policy, and the operator's account. Each step is taken once, whoever dies when. */
export const ensureGenesis = async (app: INestApplicationContext, platform: Platform): Promise<Genesis> => {
  const commands = app.get(CommandBus, { strict: false });
  const context: CommandContext = { actor: { kind: 'operator' }, correlationId: platform.ids.uuid() };
  await adoptPolicy(commands, platform, context);
  return makeOperator({ commands, registration: app.get(Registration, { strict: false }) }, platform, context);
};

const adoptPolicy = async (commands: CommandBus, { pricing, config, clock }: Platform, context: CommandContext): Promise<void> => {
  const outcome = await commands.execute(new OnPolicy({
    type: 'AdoptPolicy',
    policy: {
      version: pricing.policy.version, reference: pricing.reference.version,
      prices: createHash('sha256').update(JSON.stringify(pricing.policy)).digest('hex'),
      floors: { oauth: floorOf('oauth'), pseudonymous: floorOf('pseudonymous') }, kudosCap: config.kudosCap, adoptedAt: iso(clock.now()),
    },
  }, context));
  if (outcome.outcome === 'refused') throw new Error('this log was written under a newer policy than this release knows: start the newer release');
};

/** The key is on the disk before the account exists: otherwise a crash between the two would lock the operator out. */
const makeOperator = async (
  { commands, registration }: { commands: CommandBus; registration: Registration }, { config, clock }: Platform, context: CommandContext,
): Promise<Genesis> => {
  const keyFile = join(config.dataDir, 'operator.key');
  const { apiKey, keyHash, lastFour } = registration.keyFrom(existsSync(keyFile) ? readFileSync(keyFile, 'utf8').trim() : undefined);
  const exists = (await commands.execute(new OnUser(OPERATOR_ID, { type: 'ChangeRoles', roles: {}, at: iso(clock.now()) }, context))).outcome !== 'refused';
  if (exists) return { operatorKey: undefined, keyFile };
  if (!existsSync(keyFile)) writeDurably(keyFile, `${apiKey}\n`);
  const at = iso(clock.now());
  await commands.execute(new OnUser(OPERATOR_ID, {
    type: 'RegisterUser', accountClass: 'operator', name: personal(`user-${OPERATOR_ID}`, OPERATOR_NAME), keyHash, lastFour, at,
  }, context));
  await commands.execute(new OnUser(OPERATOR_ID, { type: 'ChangeRoles', roles: { moderator: true, trusted: true }, at }, context));
  await registration.openAccount(OPERATOR_ID, 'operator', context);
  return { operatorKey: apiKey, keyFile };
};

const writeDurably = (file: string, text: string): void => {
  const descriptor = openSync(file, 'wx', 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
};
