import type { Refusals } from '../platform/http/refusals.js';
import type { DeclarationRc } from '../requests/rules/style-contract.js';
import type { TemplateRc } from '../requests/rules/style-template.js';
import type { CollectionRc } from './collection.decider.js';
import type { StyleRc } from './style.decider.js';

export type StyleEditRc =
  | Exclude<StyleRc, 'StyleExists' | 'PrimaryExampleNeeded'> | Exclude<CollectionRc, 'CollectionExists'> | TemplateRc | DeclarationRc
  | 'InvalidAPIKey' | 'BadRequest' | 'StylesRequiresCustomizer' | 'StylesAnonForbidden' | 'DeletedUser' | 'StyleMismatch'
  | 'SharedKeyInvalid' | 'SharedKeyEmpty' | 'SharedKeyExpired';

/** Making and changing styles (horde-api C14, C15, with the return codes of since-5.1.5 §6). */
export const styleRefusals: Refusals<StyleEditRc> = {
  InvalidAPIKey: [401, 'No user matching sent API Key. Have you remembered to register at /register ?'],
  BadRequest: [400, ({ reason }) => String(reason)],
  StylesRequiresCustomizer: [403, 'Only trusted users and customizers can make styles.'],
  StylesAnonForbidden: [403, 'Styles and collections need an account. Please register to get an API key.'],
  DeletedUser: [403, 'This account is scheduled for deletion and cannot make styles.'],
  StyleNotFound: [404, 'There is no style with this name or id.'],
  StyleExampleNotFound: [404, 'This style has no example with this id.'],
  CollectionNotFound: [404, 'There is no collection with this name or id.'],
  Forbidden: [403, 'This belongs to somebody else.'],
  StyleGetMistmatch: [400, 'This is a style of the other type.'],
  StyleMismatch: [400, 'All styles of a collection must be of one type.'],
  StylePromptMissingVars: [400, 'The prompt of a style must contain {p}, and that of an image style {np}, too.'],
  StylePromptFieldInvalid: [400, 'The prompt of a text style may hold bare names in braces only; a brace itself is written twice.'],
  StylePolicyOverridableMisplaced: [400, 'overridable is only used by the override mode listed.'],
  StyleDeclarationInvalid: [400, 'parameter_policy or template_fields name something that cannot be handed to a request.'],
  SharedKeyInvalid: [400, 'There is no such shared key of yours.'],
  SharedKeyEmpty: [400, 'This shared key has no kudos left.'],
  SharedKeyExpired: [400, 'This shared key has expired.'],
  TooManyStyleExamples: [403, 'A style has 4 examples at most.'],
  ExampleURLAlreadyInUse: [400, 'This style has an example with this URL already.'],
};
