import type { Baseline } from '../../reference/baseline.js';
import { isRefusedPairing, resolvedScheduler, schedulerFits } from '../../reference/catalogue.js';
import { SAMPLER_SETTINGS, settingsOf, solverTypesOf, type SolverType } from '../../reference/sampler-settings.js';
import { KARRAS_DEFAULT, SAMPLER_DEFAULT } from './request-defaults.js';
import type { ImageSubject } from './image-subject.js';
import type { Rule } from './rule.js';

const FLOW_SHIFT_MAX = 100;
const FLOW_BASELINES: ReadonlySet<Baseline> = new Set<Baseline>(['flux_1', 'qwen_image']);
const CONTROL_STRENGTH_MIN = 0.01;
const CONTROL_STRENGTH_MAX = 3;

const samplerOf = ({ params }: ImageSubject): string => params.sampler_name ?? SAMPLER_DEFAULT;
const schedulerOf = ({ params }: ImageSubject): string => resolvedScheduler(params.scheduler, params.karras ?? KARRAS_DEFAULT);

/** True when a request names no model: then no worker's model can be known to take what only some families take. */
const everyBaseline = ({ baselines }: ImageSubject, fits: (baseline: Baseline) => boolean): boolean => baselines.length > 0 && baselines.every(fits);

const inapplicable = (subject: ImageSubject): boolean => {
  const allowed = settingsOf(samplerOf(subject));
  return SAMPLER_SETTINGS.some((name) => subject.params[name] !== undefined && allowed[name] === undefined);
};
const outOfRange = (subject: ImageSubject): boolean => {
  const allowed = settingsOf(samplerOf(subject));
  return SAMPLER_SETTINGS.some((name) => {
    const [value, range] = [subject.params[name], allowed[name]];
    if (value === undefined || range === undefined) return false;
    return !(value >= range.minimum && value <= range.maximum) || (range.integerOnly && !Number.isInteger(value));
  });
};

/** Samplers, schedulers, flow shift and control strength (horde-api-since-5.1.5 §3.1, in its order of checks). */
export const IMAGE_SAMPLER_RULES: readonly Rule<ImageSubject>[] = [
  { row: 20.1, rc: 'FlowShiftOutOfRange', fails: ({ params: { flow_shift } }) => flow_shift !== undefined && !(flow_shift >= 0 && flow_shift <= FLOW_SHIFT_MAX) },
  {
    row: 20.2, rc: 'FlowShiftInapplicable',
    fails: (subject) => subject.params.flow_shift !== undefined && !everyBaseline(subject, (baseline) => FLOW_BASELINES.has(baseline)),
  },
  { row: 20.3, rc: 'SamplerKnobInapplicable', fails: inapplicable },
  { row: 20.4, rc: 'SamplerKnobOutOfRange', fails: outOfRange },
  {
    row: 20.5, rc: 'SamplerSolverTypeUnsupported',
    fails: (subject) => {
      const type = subject.params.sampler_solver_type;
      return type !== undefined && !solverTypesOf(samplerOf(subject)).includes(type as SolverType);
    },
  },
  { row: 20.6, rc: 'SamplerSchedulerMismatch', fails: (subject) => isRefusedPairing(samplerOf(subject), schedulerOf(subject)) },
  {
    row: 20.7, rc: 'SchedulerBaselineMismatch',
    fails: (subject) => subject.params.scheduler !== undefined && !schedulerOnAll(subject, subject.params.scheduler),
  },
  {
    row: 20.8, rc: 'ControlStrengthWithoutControlType',
    fails: ({ params }) => params.control_strength !== undefined && params.control_type === undefined && params.workflow !== 'qr_code',
  },
  {
    row: 20.9, rc: 'ControlStrengthOutOfRange',
    fails: ({ params: { control_strength } }) =>
      control_strength !== undefined && !(control_strength >= CONTROL_STRENGTH_MIN && control_strength <= CONTROL_STRENGTH_MAX),
  },
];

/** A scheduler that fits every family needs no model to be named. */
const schedulerOnAll = (subject: ImageSubject, scheduler: string): boolean =>
  schedulerFits(scheduler, 'flux_1') || everyBaseline(subject, (baseline) => schedulerFits(scheduler, baseline));
