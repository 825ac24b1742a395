import type { Refusals } from '../platform/http/refusals.js';
import type { ChangeTeamRc, NewTeamRc } from './team-permissions.js';

/** horde-api C8. */
export const teamRefusals: Refusals<NewTeamRc | ChangeTeamRc | 'TeamNotFound' | 'InvalidAPIKey'> = {
  TeamNotFound: [404, 'There is no such team.'],
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  AnonForbidden: [403, 'Teams need an account. Please register to get an API key.'],
  UntrustedTeamCreation: [403, 'Only trusted users can create teams.'],
  NotOwner: [403, 'Only the maker of a team or a moderator may change this.'],
  NotModerator: [403, 'Only the maker of a team or a moderator may do this, and only moderators may look a single team up by key.'],
  BadRequest: [400, 'A team name has 3 characters at least.'],
  TeamNameAlreadyExists: [400, 'There is a team with this name already. Please choose another.'],
  ProfaneTeamName: [400, 'The name contains a word that is not welcome here.'],
  ProfaneTeamInfo: [400, 'The info contains a word that is not welcome here.'],
  NoTeamModSelected: [400, 'Please name something to change.'],
};
