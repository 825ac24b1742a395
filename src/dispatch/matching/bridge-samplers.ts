import { SAMPLER_NAMES, SAMPLERS } from '../../reference/samplers.js';
import { AUTO_WEB_BRIDGE, HORDE_WORKER, REGEN, WEBUI_BRIDGE } from './bridge-capabilities.js';

/** Samplers that a bridge takes with the karras schedule, and those that it takes only without it. */
export interface BridgeSamplers {
  readonly karras: ReadonlySet<string>;
  readonly plain: ReadonlySet<string>;
}

const classic = SAMPLER_NAMES.filter((name) => SAMPLERS[name]?.tier === 'classic');
const newer = SAMPLER_NAMES.filter((name) => SAMPLERS[name]?.tier !== 'classic');
const k = classic.filter((name) => name.startsWith('k_'));
const AUTO_WEB_KARRAS = ['k_lms', 'k_dpm_2', 'k_dpm_2_a', 'k_dpmpp_2s_a', 'k_dpmpp_2m'];
const without = (names: readonly string[], ...some: readonly string[]): readonly string[] => names.filter((name) => !some.includes(name));
const from = (least: number, version: number, names: readonly string[]): readonly string[] => (version >= least ? names : []);
const of = (karras: readonly string[], plain: readonly string[] = []): BridgeSamplers => ({ karras: new Set(karras), plain: new Set(plain) });

/** As what a bridge that nobody knows counts (horde-rules §7.7). */
const ASSUMED_VERSION = 23;

/** horde-rules §7.7 and, for the newer samplers, horde-api-since-5.1.5 §3.8. */
export const samplersOf = (name: string, version: number): BridgeSamplers => {
  switch (name) {
    case REGEN:
      return of([...from(2, version, without(classic, 'lcm')), ...from(3, version, ['lcm']), ...from(17, version, newer)]);
    case HORDE_WORKER:
      return hordeWorker(version);
    case WEBUI_BRIDGE:
      return of(from(1, version, k), from(1, version, ['DDIM', 'plms']));
    case AUTO_WEB_BRIDGE:
      return of(from(1, version, [...AUTO_WEB_KARRAS, 'dpmsolver']), from(1, version, without(k, ...AUTO_WEB_KARRAS, 'k_dpmpp_sde')));
    default:
      return hordeWorker(ASSUMED_VERSION);
  }
};

const hordeWorker = (version: number): BridgeSamplers =>
  of([...from(11, version, [...without(k, 'k_dpmpp_sde'), 'dpmsolver']), ...from(12, version, ['k_dpmpp_sde'])], from(17, version, ['DDIM']));
