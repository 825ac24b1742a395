import { accept, refuse, type Decision } from '../kernel/decider.js';
import { centikudos, most, NO_KUDOS } from '../kernel/kudos.js';
import type { ChangeUser, DeleteUser, RoleChanges, SettingChanges } from './user.commands.js';
import type { Role, UserEvent } from './user.events.js';
import { CONCURRENCY, exists, type User } from './user.state.js';
import { unpausedByTrust } from './user-suspicion.js';

export type ChangeRc = 'UserNotFound' | 'UserNotDeleted' | 'CannotDeleteMod' | 'NotUserOrMod' | 'CannotWipeActiveUser';
type Decided = Decision<UserEvent, ChangeRc>;

/** horde-rules §1.5, §1.6: a class may ask at once. */
const CONCURRENCY_EDUCATION = 200;
/** horde-rules §1.9. */
export const WIPE_AFTER_INACTIVE_MS = 30 * 24 * 60 * 60_000;

export const changeUser = (command: ChangeUser, user: User): Decided => {
  if (!exists(user)) return refuse('UserNotFound');
  if (command.undelete && !user.roles.has('deleted')) return refuse('UserNotDeleted');
  const { by, at } = command;
  const roles = { ...command.roles, ...(command.undelete ? { deleted: false } : {}) };
  return accept(
    ...rolesChanged(user, roles, at), ...settingsChanged(user, command), ...renamed(user, command),
    ...(command.passkey ? [{ type: 'ProxyPasskeyIssued.v1', data: { user: user.id, by, ...command.passkey, issuedAt: at } } as const] : []),
    ...monthlyChanged(user, command),
    ...(command.resetSuspicion && isSuspectedAtAll(user) ? [{ type: 'SuspicionReset.v1', data: { user: user.id, by, resetAt: at } } as const] : []),
  );
};

const isSuspectedAtAll = ({ suspicions, workers }: User): boolean =>
  suspicions.count > 0 || [...workers.values()].some((worker) => worker.suspicions.count > 0);

/** What changes, and nothing else. A moderator is trusted as well, unless the same call says otherwise (horde-rules §1.6). */
export const rolesChanged = (user: User, roles: RoleChanges, at: string): UserEvent[] => {
  const asked = Object.entries({ ...(roles.moderator === true ? { trusted: true } : {}), ...roles }) as [Role, boolean][];
  const granted = asked.filter(([role, on]) => on && !user.roles.has(role)).map(([role]) => role);
  const revoked = asked.filter(([role, on]) => !on && user.roles.has(role)).map(([role]) => role);
  if (granted.length + revoked.length === 0) return [];
  return [
    { type: 'RolesChanged.v1', data: { user: user.id, granted, revoked, changedAt: at } },
    ...(granted.includes('trusted') ? unpausedByTrust(user, at) : []),
  ];
};

/** Education comes with room for a class, and takes it along when it goes, unless the same call names a number. */
const educationConcurrency = ({ concurrency }: User, { education }: RoleChanges): number | undefined => {
  if (education === true && concurrency < CONCURRENCY_EDUCATION) return CONCURRENCY_EDUCATION;
  return education === false && concurrency === CONCURRENCY_EDUCATION ? CONCURRENCY : undefined;
};

const settingsChanged = (user: User, { settings, roles, by, at }: Pick<ChangeUser, 'settings' | 'roles' | 'by' | 'at'>): UserEvent[] => {
  const concurrency = settings.concurrency ?? educationConcurrency(user, roles);
  const changed: SettingChanges = { ...differing(user, { ...settings, ...(concurrency === undefined ? {} : { concurrency }) }) };
  return Object.keys(changed).length === 0 ? [] : [{ type: 'UserSettingsChanged.v1', data: { user: user.id, by, ...changed, changedAt: at } }];
};

/** Without the numbers and switches that are as asked; what is sealed cannot be compared and is stored again. */
const differing = (user: User, { contact, adminComment, ...plain }: SettingChanges): SettingChanges => ({
  ...Object.fromEntries(Object.entries(plain).filter(([name, value]) => user[name as keyof typeof plain] !== value)),
  ...(contact ? { contact } : {}), ...(adminComment ? { adminComment } : {}),
});

/** Education through a command that names nothing else. */
export const changeRoles = ({ roles, at }: { readonly roles: RoleChanges; readonly at: string }, user: User): Decided => {
  if (!exists(user)) return refuse('UserNotFound');
  return accept(...rolesChanged(user, roles, at), ...settingsChanged(user, { settings: {}, roles, by: user.id, at }));
};

const renamed = (user: User, { name, by, at }: ChangeUser): UserEvent[] =>
  name ? [{ type: 'UserRenamed.v1', data: { user: user.id, by, name, renamedAt: at } }] : [];

/** Never below nothing; only what is added is due at once (horde-rules §1.11). */
const monthlyChanged = (user: User, { monthly: change, by, at }: ChangeUser): UserEvent[] => {
  if (!change || user.monthlyGrants.has(change.grant)) return [];
  const monthly = most(centikudos(user.monthly + change.amount), NO_KUDOS);
  if (monthly === user.monthly) return [];
  const added = most(change.amount, NO_KUDOS);
  return [{ type: 'MonthlyEntitlementChanged.v1', data: { user: user.id, by, monthly, added, grant: change.grant, changedAt: at } }];
};

/** horde-rules §1.9: the first call marks, another one wipes who has been away for a month. */
export const deleteUser = ({ by, mayDelete, lastActiveAt, at }: DeleteUser, user: User): Decided => {
  if (!exists(user)) return refuse('UserNotFound');
  if (user.roles.has('moderator')) return refuse('CannotDeleteMod');
  if (!mayDelete) return refuse('NotUserOrMod');
  if (!user.roles.has('deleted')) return accept({ type: 'RolesChanged.v1', data: { user: user.id, granted: ['deleted'], revoked: [], changedAt: at } });
  const wipeFrom = Date.parse(lastActiveAt) + WIPE_AFTER_INACTIVE_MS;
  if (Date.parse(at) < wipeFrom) return refuse('CannotWipeActiveUser', { from: new Date(wipeFrom).toISOString() });
  return accept({ type: 'PersonalDataErased.v1', data: { user: user.id, by, erasedAt: at } });
};
