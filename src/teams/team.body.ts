import { Optional, Str } from '../platform/http/body/body-decorators.js';
import { TEAM_NAME_MIN } from './team-permissions.js';

/** horde-api C8. */
export const TEAM_NAME_MAX = 100;
export const TEAM_INFO_MAX = 1_000;
const INFO_MIN = 3;

export class NewTeamFields {
  @Str({ min: TEAM_NAME_MIN, max: TEAM_NAME_MAX, nul: 'drop' }) name!: string;
  @Optional() @Str({ min: INFO_MIN, max: TEAM_INFO_MAX, nul: 'drop' }) info?: string;
}
export class ChangeTeamFields {
  @Optional() @Str({ min: TEAM_NAME_MIN, max: TEAM_NAME_MAX, nul: 'drop' }) name?: string;
  @Optional() @Str({ min: INFO_MIN, max: TEAM_INFO_MAX, nul: 'drop' }) info?: string;
}
