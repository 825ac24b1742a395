/**
 * The samplers of the wire (horde-api-since-5.1.5 §3.2): which generation of bridges knows them, what a step costs and
 * whose price they borrow (§5.2).
 */
export type SamplerTier = 'classic' | 'extended' | 'solver';
/** The price classes of horde-rules §2.2.4. */
export type SamplerPrice = 'euler' | 'uni_pc' | 'uni_pc_bh2' | 'second_order' | 'adaptive';

export interface Sampler {
  readonly tier: SamplerTier;
  /** Work units per step; the adaptive sampler counts `ADAPTIVE_WORK` per request whatever its steps. */
  readonly rate: 1 | 2 | 3;
  readonly price: SamplerPrice;
}

/** What `k_dpm_adaptive` is taken to work, in steps (horde-rules §2.2.1). */
export const ADAPTIVE_WORK = 40;
export const ADAPTIVE_SAMPLER = 'k_dpm_adaptive';

const of = (tier: SamplerTier, rate: 1 | 2 | 3 = 1, price: SamplerPrice = rate === 1 ? 'euler' : 'second_order'): Sampler => ({ tier, rate, price });

export const SAMPLERS: Readonly<Record<string, Sampler>> = Object.freeze({
  __proto__: null as never, // names come from outside: `constructor` is no sampler
  k_lms: of('classic'), k_heun: of('classic', 2), k_euler: of('classic'), k_euler_a: of('classic'), k_dpm_2: of('classic', 2),
  k_dpm_2_a: of('classic', 2), k_dpm_fast: of('classic'), k_dpm_adaptive: of('classic', 1, 'adaptive'), k_dpmpp_2s_a: of('classic', 2),
  k_dpmpp_2m: of('classic'), dpmsolver: of('classic'), k_dpmpp_sde: of('classic', 2), DDIM: of('classic'), lcm: of('classic'),
  uni_pc: of('extended', 1, 'uni_pc'), uni_pc_bh2: of('extended', 1, 'uni_pc_bh2'), dpmpp_2m_sde: of('extended'),
  dpmpp_3m_sde: of('extended'), ddpm: of('extended'), deis: of('extended'), ipndm: of('extended'), res_multistep: of('extended'),
  gradient_estimation: of('extended'), heunpp2: of('extended', 3), er_sde: of('extended'), sa_solver: of('extended'),
  euler_cfg_pp: of('solver'), euler_ancestral_cfg_pp: of('solver'), exp_heun_2_x0: of('solver', 2), exp_heun_2_x0_sde: of('solver', 2),
  dpmpp_2s_ancestral_cfg_pp: of('solver', 2), dpmpp_2m_cfg_pp: of('solver'), dpmpp_2m_sde_heun: of('solver'), ipndm_v: of('solver'),
  res_multistep_cfg_pp: of('solver'), res_multistep_ancestral: of('solver'), res_multistep_ancestral_cfg_pp: of('solver'),
  gradient_estimation_cfg_pp: of('solver'), seeds_2: of('solver', 2), seeds_3: of('solver', 3), sa_solver_pece: of('solver', 2),
});

const UNKNOWN: Sampler = of('classic');
/** The sampler of a name; an unknown one counts as `k_euler` (horde-rules §2.2.2). */
export const samplerOf = (name: string): Sampler => SAMPLERS[name] ?? UNKNOWN;
export const SAMPLER_NAMES: readonly string[] = Object.keys(SAMPLERS);

/** Estimated work of one image in steps: things, deadlines and the upfront check count it (horde-rules §2.2.1). */
export const accurateSteps = (sampler: string, steps: number): number =>
  sampler === ADAPTIVE_SAMPLER ? ADAPTIVE_WORK : steps * samplerOf(sampler).rate;

const ADAPTIVE_ORDER = 3;
/**
 * The most that a worker may have to work, in steps, for workers that limit it (since-5.1.5 §5.1). Undefined when nothing
 * bounds it: the adaptive sampler on a worker without the execution contract.
 */
export const steppingMaximum = (sampler: string, steps: number, adaptive: { readonly contract: boolean; readonly order?: number }): number | undefined => {
  if (sampler !== ADAPTIVE_SAMPLER) return accurateSteps(sampler, steps);
  return adaptive.contract ? Math.ceil((5 * steps) / 4) * (adaptive.order ?? ADAPTIVE_ORDER) : undefined;
};

/** CFG++ samplers want a small cfg_scale (since-5.1.5 §4). */
export const isCfgPlusPlus = (sampler: string): boolean => sampler.endsWith('_cfg_pp');
