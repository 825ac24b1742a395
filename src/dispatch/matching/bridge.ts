import { capabilitiesOf } from './bridge-capabilities.js';
import { samplersOf, type BridgeSamplers } from './bridge-samplers.js';

/** The program that a worker runs, and what it may be given. */
export interface Bridge {
  readonly name: string;
  readonly version: number;
  readonly capabilities: ReadonlySet<string>;
  readonly samplers: BridgeSamplers;
}

const AGENT = /^([^:]+):\s*v?(\d{1,9})(?:[.+-][^:]*)?:/;
const UNKNOWN = 'unknown';

/**
 * Reads `name:version:url`. Capabilities begin at whole versions, so of `10.1.2` only the 10 counts. What cannot be read is
 * `unknown`, version 0 (horde-rules §7.7).
 */
export const parseBridge = (agent: string): Bridge => {
  const known = KNOWN.get(agent);
  if (known) return known;
  const bridge = parsed(agent);
  if (KNOWN.size < KNOWN_MAX) KNOWN.set(agent, bridge);
  return bridge;
};

/** Thousands of workers run a few dozen programs; who makes up new names is served without being remembered. */
const KNOWN_MAX = 1_000;
const KNOWN = new Map<string, Bridge>();

const parsed = (agent: string): Bridge => {
  const [, name = UNKNOWN, digits = '0'] = AGENT.exec(agent) ?? [];
  const version = Number(digits);
  return { name, version, capabilities: capabilitiesOf(name, version), samplers: samplersOf(name, version) };
};

/** With the karras schedule a bridge takes fewer samplers than without. */
export const takesSampler = ({ samplers }: Bridge, sampler: string, karras: boolean): boolean =>
  samplers.karras.has(sampler) || (!karras && samplers.plain.has(sampler));

const VALIDATED_TEXT_BACKENDS: ReadonlySet<string> = new Set([
  'AI Horde Worker', 'AI Horde Worker~aphrodite~oai', 'AI Horde Worker~aphrodite~kai', 'KoboldCppEmbedWorker', 'TabbyAPI',
]);
/** Text backends whose output is known to come from the model that they name (horde-rules §6.6). */
export const isValidatedBackend = ({ name }: Bridge): boolean => VALIDATED_TEXT_BACKENDS.has(name);

/** The execution contract that bounds the adaptive sampler's work; only this version is known (since-5.1.5 §3.6). */
export const ADAPTIVE_CONTRACT = '1.0';
