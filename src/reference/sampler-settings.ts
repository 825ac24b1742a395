/** The `sampler_*` settings of the wire and where each applies (horde-api-since-5.1.5 §3.2). */
export const SAMPLER_SETTINGS = ['sampler_eta', 'sampler_s_noise', 'sampler_s_churn', 'sampler_s_tmin', 'sampler_s_tmax', 'sampler_order'] as const;
export type SamplerSetting = (typeof SAMPLER_SETTINGS)[number];

export interface SettingRange {
  readonly minimum: number;
  /** Infinity: without a limit. */
  readonly maximum: number;
  /** Infinity: without a default. */
  readonly default: number;
  readonly integerOnly: boolean;
}
type Settings = Readonly<Partial<Record<SamplerSetting, SettingRange>>>;

const real = (minimum: number, maximum: number, standard: number): SettingRange => ({ minimum, maximum, default: standard, integerOnly: false });
const order = (minimum: number, maximum: number, standard: number): Settings => ({
  sampler_order: { minimum, maximum, default: standard, integerOnly: true },
});
const NOISE: Settings = { sampler_s_noise: real(0, 100, 1) };
const ANCESTRAL: Settings = { sampler_eta: real(0, 100, 1), ...NOISE };
const CHURN: Settings = {
  sampler_s_churn: real(0, 100, 0), sampler_s_tmin: real(0, 100, 0), sampler_s_tmax: real(0, Infinity, Infinity), ...NOISE,
};

const GROUPS: readonly (readonly [Settings, string])[] = [
  [ANCESTRAL, 'k_euler_a k_dpm_2_a k_dpmpp_2s_a k_dpmpp_sde dpmpp_2m_sde dpmpp_3m_sde exp_heun_2_x0_sde dpmpp_2s_ancestral_cfg_pp'
    + ' dpmpp_2m_sde_heun res_multistep_ancestral res_multistep_ancestral_cfg_pp seeds_2 seeds_3'],
  [{ sampler_eta: real(0, 1, 1), sampler_s_noise: real(0, 10, 1) }, 'euler_ancestral_cfg_pp'],
  [CHURN, 'k_euler k_heun k_dpm_2 heunpp2'],
  [NOISE, 'lcm res_multistep er_sde sa_solver res_multistep_cfg_pp sa_solver_pece'],
  [order(1, 100, 4), 'k_lms'],
  [order(2, 4, 3), 'deis'],
  [order(2, 4, 4), 'ipndm ipndm_v'],
  [{ sampler_eta: real(0, 100, 0), ...NOISE, ...order(2, 3, 3) }, 'k_dpm_adaptive'],
];
const SETTINGS = new Map(GROUPS.flatMap(([settings, names]) => names.split(' ').map((name) => [name, settings] as const)));
const NO_SETTINGS: Settings = {};

/** What may be set on a sampler, and within which bounds. */
export const settingsOf = (sampler: string): Settings => SETTINGS.get(sampler) ?? NO_SETTINGS;

export const SOLVER_TYPES = ['midpoint', 'heun', 'phi_1', 'phi_2'] as const;
export type SolverType = (typeof SOLVER_TYPES)[number];
const SOLVERS = new Map<string, readonly SolverType[]>([
  ...['dpmpp_2m_sde', 'dpmpp_2m_sde_heun'].map((name) => [name, ['midpoint', 'heun']] as [string, SolverType[]]),
  ...['exp_heun_2_x0', 'exp_heun_2_x0_sde', 'seeds_2'].map((name) => [name, ['phi_1', 'phi_2']] as [string, SolverType[]]),
]);
export const solverTypesOf = (sampler: string): readonly SolverType[] => SOLVERS.get(sampler) ?? [];
