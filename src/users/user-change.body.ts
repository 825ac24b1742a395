import { Bool, Int, Num, Optional, Str } from '../platform/http/body/body-decorators.js';

/** Beyond any supply there will ever be; keeps `amount × 100` a safe integer. */
const AMOUNT_MAX = 10_000_000_000_000;
const INT32_MAX = 2_147_483_647;

/** horde-api C4.4, in the order in which fields are looked at. */
export class ChangeUserFields {
  @Optional() @Num({ min: -AMOUNT_MAX, max: AMOUNT_MAX }) kudos?: number;
  @Optional() @Int({ min: -AMOUNT_MAX, max: AMOUNT_MAX }) monthly_kudos?: number;
  @Optional() @Num({ min: 0.1, max: 10 }) usage_multiplier?: number;
  @Optional() @Bool() moderator?: boolean;
  @Optional() @Int({ min: 0, max: 500 }) concurrency?: number;
  @Optional() @Int({ min: 0, max: INT32_MAX }) worker_invited?: number;
  @Optional() @Bool() trusted?: boolean;
  @Optional() @Bool() flagged?: boolean;
  @Optional() @Bool() customizer?: boolean;
  @Optional() @Bool() vpn?: boolean;
  @Optional() @Bool() service?: boolean;
  @Optional() @Bool() special?: boolean;
  @Optional() @Bool() education?: boolean;
  @Optional() @Bool() reset_suspicion?: boolean;
  @Optional() @Str({ min: 5, max: 500 }) admin_comment?: string;
  @Optional() @Bool() public_workers?: boolean;
  @Optional() @Str({ min: 3, max: 100, nul: 'drop' }) username?: string;
  @Optional() @Str({ min: 5, max: 500 }) contact?: string;
  @Optional() @Bool() generate_proxy_passkey?: boolean;
  @Optional() @Bool() undelete?: boolean;
  /** Accepted and without effect, as clients know it. */
  @Optional() @Bool() filtered?: boolean;
}
