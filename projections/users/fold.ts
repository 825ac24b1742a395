import { ledgerOf, type Recorded } from '../../src/kernel/event.js';
import type {
  ApiKeyIssued, MonthlyEntitlementChanged, ProxyPasskeyIssued, Role, RolesChanged, SuspicionReset, TrustGranted, UserRegistered, UserRenamed,
  UserSettingsChanged, UserSuspected,
} from '../../src/users/user.events.js';

/** What a batch does to one user. */
export class UserChange {
  registered: UserRegistered['data'] | undefined;
  key: ApiKeyIssued['data'] | undefined;
  name: UserRenamed['data']['name'] | undefined;
  passkey: ProxyPasskeyIssued['data'] | undefined;
  settings: Partial<UserSettingsChanged['data']> = {};
  monthly: number | null = null;
  /** Role → granted or revoked; the last word on each role counts. */
  readonly roles = new Map<Role, boolean>();
  workers = 0;
  suspicions = 0;
  /** The suspicions of earlier batches count no more. */
  cleared = false;
  erased = false;
  constructor(readonly id: number) {}

  rolesThat(granted: boolean): Role[] {
    return [...this.roles].filter(([, is]) => is === granted).map(([role]) => role);
  }
}

/** Folds what a batch does to users. */
export class UserBatch {
  readonly changes = new Map<number, UserChange>();
  readonly due: MonthlyEntitlementChanged['data'][] = [];
  /** Transactions that may have been due. */
  readonly granted: string[] = [];

  add(event: Recorded): void {
    (this.#handlers as Partial<Record<string, (data: object) => void>>)[event.type]?.(event.data);
  }

  readonly #handlers = {
    'UserRegistered.v1': (data: UserRegistered['data']) => { this.#of(data.user).registered = data; },
    'ApiKeyIssued.v1': (data: ApiKeyIssued['data']) => { this.#of(data.user).key = data; },
    'RolesChanged.v1': ({ user, granted, revoked }: RolesChanged['data']) => {
      const { roles } = this.#of(user);
      for (const role of granted) roles.set(role, true);
      for (const role of revoked) roles.set(role, false);
    },
    'TrustGranted.v1': ({ user }: TrustGranted['data']) => { this.#of(user).roles.set('trusted', true); },
    'UserRenamed.v1': ({ user, name }: UserRenamed['data']) => { this.#of(user).name = name; },
    'UserSettingsChanged.v1': (data: UserSettingsChanged['data']) => {
      const change = this.#of(data.user);
      change.settings = { ...change.settings, ...data };
    },
    'ProxyPasskeyIssued.v1': (data: ProxyPasskeyIssued['data']) => { this.#of(data.user).passkey = data; },
    'MonthlyEntitlementChanged.v1': (data: MonthlyEntitlementChanged['data']) => {
      this.#of(data.user).monthly = data.monthly;
      if (data.added > 0) this.due.push(data);
    },
    'UserSuspected.v1': ({ user }: UserSuspected['data']) => { this.#of(user).suspicions += 1; },
    'SuspicionReset.v1': ({ user }: SuspicionReset['data']) => { Object.assign(this.#of(user), { suspicions: 0, cleared: true }); },
    'PersonalDataErased.v1': ({ user }: { user: number }) => { this.#of(user).erased = true; },
    'WorkerRegistered.v1': ({ owner }: { owner: number }) => { this.#of(owner).workers += 1; },
    'WorkerDeleted.v1': ({ owner }: { owner: number }) => { this.#of(owner).workers -= 1; },
    'BalanceAdjusted.v1': (data: object) => { this.#credited(data); },
    'KudosGranted.v1': (data: object) => { this.#credited(data); },
  };

  static readonly types: readonly string[] = Object.keys(new UserBatch().#handlers);

  #credited(data: object): void {
    const transaction = ledgerOf({ data })?.txId;
    if (transaction !== undefined) this.granted.push(transaction);
  }

  #of(id: number): UserChange {
    let change = this.changes.get(id);
    if (!change) this.changes.set(id, (change = new UserChange(id)));
    return change;
  }
}
