export type NewTeamRc = 'AnonForbidden' | 'UntrustedTeamCreation' | 'BadRequest' | 'TeamNameAlreadyExists' | 'ProfaneTeamName' | 'ProfaneTeamInfo';
export type ChangeTeamRc = 'NotOwner' | 'NotModerator' | 'ProfaneTeamInfo' | 'ProfaneTeamName' | 'BadRequest' | 'TeamNameAlreadyExists' | 'NoTeamModSelected';

/** The texts in the words that will be stored. */
export interface TeamTexts {
  readonly name: string | undefined;
  readonly info: string | undefined;
}
export interface TeamChecks {
  readonly isProfane: (text: string) => boolean;
  /** By another team. */
  readonly isTaken: boolean;
}

/** horde-rules §7.9; shorter ones are refused by the schema, unless they are made of blanks. */
export const TEAM_NAME_MIN = 3;

/** The first refusal in the order of horde-api C8. */
export const refusalOfNewTeam = (caller: { readonly anonymous: boolean; readonly trusted: boolean }, { name = '', info = '' }: TeamTexts, { isProfane, isTaken }: TeamChecks): NewTeamRc | undefined => {
  if (caller.anonymous) return 'AnonForbidden';
  if (!caller.trusted) return 'UntrustedTeamCreation';
  if (isTooShort(name)) return 'BadRequest';
  if (isTaken) return 'TeamNameAlreadyExists';
  if (isProfane(name)) return 'ProfaneTeamName';
  return isProfane(info) ? 'ProfaneTeamInfo' : undefined;
};

/** As `refusalOfNewTeam`. `mayChange`: its maker, or a moderator. */
export const refusalOfTeamChange = ({ mayChange }: { readonly mayChange: boolean }, { name, info }: TeamTexts, { isProfane, isTaken }: TeamChecks): ChangeTeamRc | undefined => {
  if (info !== undefined && !mayChange) return 'NotOwner';
  if (name !== undefined && !mayChange) return 'NotModerator';
  if (info !== undefined && isProfane(info)) return 'ProfaneTeamInfo';
  if (name !== undefined) return refusalOfName(name, { isProfane, isTaken });
  return info === undefined ? 'NoTeamModSelected' : undefined;
};

const refusalOfName = (name: string, { isProfane, isTaken }: TeamChecks): 'ProfaneTeamName' | 'BadRequest' | 'TeamNameAlreadyExists' | undefined => {
  if (isProfane(name)) return 'ProfaneTeamName';
  if (isTooShort(name)) return 'BadRequest';
  return isTaken ? 'TeamNameAlreadyExists' : undefined;
};

const isTooShort = (name: string): boolean => [...name].length < TEAM_NAME_MIN;
