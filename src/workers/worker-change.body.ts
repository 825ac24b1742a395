import { Bool, Optional, Str } from '../platform/http/body/body-decorators.js';

/** horde-api C6.3, in the order in which fields are looked at. */
export class ChangeWorkerFields {
  @Optional() @Bool() maintenance?: boolean;
  @Optional() @Str({ nul: 'drop' }) maintenance_msg?: string;
  @Optional() @Str({ max: 1000, nul: 'drop' }) info?: string;
  @Optional() @Bool() paused?: boolean;
  @Optional() @Str({ min: 5, max: 100, nul: 'drop' }) name?: string;
  @Optional() @Str({ max: 36 }) team?: string;
}
