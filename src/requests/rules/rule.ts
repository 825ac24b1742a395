/** Return codes of the rules that need only the request, its caller's roles and the model reference. */
export type RequestRuleRc =
  | 'TooManyExtraSourceImages' | 'MoreThanMinExtraSourceImage' | 'MissingPrompt' | 'InvalidPromptEncoding' | 'RequiresTrust'
  | 'FlowShiftOutOfRange' | 'FlowShiftInapplicable' | 'SamplerKnobInapplicable' | 'SamplerKnobOutOfRange' | 'SamplerSolverTypeUnsupported'
  | 'SamplerSchedulerMismatch' | 'SchedulerBaselineMismatch' | 'ControlStrengthWithoutControlType' | 'ControlStrengthOutOfRange'
  | 'HiResMismatch' | 'TooManyLoras' | 'BadLoraVersion' | 'TooManyTIs' | 'InvalidTransparencyModel' | 'ControlNetMismatch' | 'InvalidPromptSize'
  | 'UnexpectedModelName' | 'TooManyUpscalers' | 'BadCFGNumber' | 'BadCFGDecimals' | 'SpecialModelNeedsSpecialUser' | 'SpecialMissingUsername'
  | 'SpecialForbidden' | 'SpecialMissingPayload' | 'SpecialFieldNeedsSpecialUser' | 'SourceMaskUnnecessary' | 'ControlNetUnsupported'
  | 'ControlNetSourceMissing' | 'ControlNetInpaintingMismatch' | 'InvalidTransparencyImg2Img' | 'InvalidTransparencyCN' | 'InvalidRemixModel'
  | 'InvalidExtraSourceImages' | 'InvalidExtraTexts' | 'MissingExtraTexts' | 'ControlNetInvalidPayload' | 'SourceImageRequiredForModel'
  | 'TokenOverflow' | 'MissingFullSamplerOrder' | 'TooManyStopSequences' | 'ExcessiveStopSequence' | 'NulByteInPayload';

/**
 * One rule. `row` is its place in the published order (horde-api C1.1); rules of other places, such as the concurrency
 * limit in row 17, are checked elsewhere, in between.
 */
export interface Rule<Subject> {
  readonly row: number;
  readonly rc: RequestRuleRc;
  readonly fails: (subject: Subject) => boolean;
}

/** The parts of the order between which a request is checked against accounts, addresses and filters. */
export type Stage = readonly [from: number, upTo: number];
/** Before the worker list is looked up (row 15). */
export const STAGE_CALLER: Stage = [6, 14.9];
/** Before concurrency, addresses and prompt filters (rows 17–20). */
export const STAGE_BATCHING: Stage = [16, 16];
/** Before the raid-mode check (row 35). */
export const STAGE_PARAMETERS: Stage = [20.1, 34];
/** Before kudos (rows 52 and 53). */
export const STAGE_SOURCES: Stage = [36, 60];
const EVERYTHING: Stage = [0, Infinity];

/** The return code of the first rule of the stage that fails, or undefined. */
export const firstFailing = <Subject>(rules: readonly Rule<Subject>[], subject: Subject, [from, upTo]: Stage = EVERYTHING): RequestRuleRc | undefined =>
  rules.find(({ row, fails }) => row >= from && row <= upTo && fails(subject))?.rc;

/** What the rules need to know of the caller. */
export interface RuleCaller {
  readonly username: string;
  readonly trusted: boolean;
  readonly patron: boolean;
  readonly special: boolean;
}
