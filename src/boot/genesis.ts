import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { iso } from '../kernel/clock.js';
import { personal } from '../kernel/event.js';
import type { Ids } from '../kernel/ids.js';
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

interface Asked {
  readonly commands: CommandBus;
  readonly registration: Registration;
}

/** Events of an account that has been registered, and has not got its roles yet. */
const REGISTERED_REVISION = 1;

/**
 * The key is on the disk before the account exists: otherwise a crash between the two would lock the operator out. Of nodes
 * that start at once on an empty log one makes the account; the others take away their keys, which open nothing.
 */
const makeOperator = async ({ commands, registration }: Asked, { config, clock, ids, logger }: Platform, context: CommandContext): Promise<Genesis> => {
  const keyFile = join(config.dataDir, 'operator.key');
  const at = iso(clock.now());
  const ask = (command: OnUser['command']) => commands.execute(new OnUser(OPERATOR_ID, command, context));
  const found = await ask({ type: 'ChangeRoles', roles: {}, at });
  if (found.outcome !== 'refused' && found.revision > REGISTERED_REVISION) {
    if (forgetUseless(keyFile, found.state.keyHash, registration)) logger.info({ keyFile }, 'the key in this file opened nothing, and was removed');
    return { operatorKey: undefined, keyFile };
  }
  const { apiKey, keyHash, lastFour } = registration.keyFrom(keyIn(keyFile, () => registration.keyFrom().apiKey, ids));
  const registered = await ask({ type: 'RegisterUser', accountClass: 'operator', name: personal(`user-${OPERATOR_ID}`, OPERATOR_NAME), keyHash, lastFour, at });
  forgetUseless(keyFile, registered.state.keyHash, registration);
  await ask({ type: 'ChangeRoles', roles: { moderator: true, trusted: true }, at });
  await registration.openAccount(OPERATOR_ID, 'operator', context);
  return { operatorKey: registered.outcome === 'appended' ? apiKey : undefined, keyFile };
};

/** The key that the file holds. It is made whole, and durably, or not at all: another process may have the same directory. */
const keyIn = (file: string, makeKey: () => string, ids: Ids): string => {
  const known = readKey(file);
  if (known !== undefined) return known;
  const [draft, made] = [`${file}.${ids.uuid()}`, makeKey()];
  writeDurably(draft, `${made}\n`);
  try {
    linkSync(draft, file); // unlike a rename it replaces nothing
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
  rmSync(draft);
  syncDirectory(dirname(file));
  return readKey(file) ?? made;
};

/** Removes a key that is not the operator's: of a start that came second, or ended before it found that out. */
const forgetUseless = (file: string, keyHash: string | undefined, registration: Registration): boolean => {
  const key = readKey(file);
  if (key === undefined || registration.keyFrom(key).keyHash === keyHash) return false;
  rmSync(file, { force: true });
  return true;
};

const readKey = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
    return undefined;
  }
};

const writeDurably = (file: string, text: string): void => {
  const descriptor = openSync(file, 'wx', 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
};

const syncDirectory = (directory: string): void => {
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};
