import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { POST_PROCESSORS } from '../../reference/catalogue.js';
import { SAMPLER_NAMES, SAMPLERS } from '../../reference/samplers.js';
import { capabilitiesOf, REGEN } from './bridge-capabilities.js';
import { isValidatedBackend, parseBridge, takesSampler } from './bridge.js';

const regen = (version: string) => parseBridge(`${REGEN}:${version}:https://example.org`);

describe('a bridge agent', () => {
  it.each([
    ['AI Horde Worker reGen:10:https://x', 'AI Horde Worker reGen', 10], ['AI Horde Worker reGen:10.1.2:https://x:8', 'AI Horde Worker reGen', 10],
    ['AI Horde Worker reGen:v18.0-rc1:u', 'AI Horde Worker reGen', 18], ['KoboldCppEmbedWorker:2:https://x', 'KoboldCppEmbedWorker', 2],
    ['unknown:0:unknown', 'unknown', 0], ['nonsense', 'unknown', 0], ['a:b:c', 'unknown', 0], ['', 'unknown', 0], ['name:7', 'unknown', 0],
  ])('%j is %s, version %d', (agent, name, version) => {
    expect(parseBridge(agent)).toMatchObject({ name, version });
  });

  it('never fails, whatever it says', () => {
    fc.assert(fc.property(fc.string(), (agent) => expect(parseBridge(agent).version).toBeGreaterThanOrEqual(0)));
  });

  it.each([
    [1, 'hires_fix', true], [1, 'lora', false], [2, 'lora', true], [3, 'lora_versions', true], [6, 'stable_cascade_2pass', true], [8, 'flux', false],
    [9, 'flux', true], [12, 'RestoreFormer', false], [13, 'RestoreFormer', true], [16, 'schedulers', false], [17, 'schedulers', true],
    [17, 'control_strength', false], [18, 'control_strength', true],
  ])('of reGen %d can do %s: %p', (version, capability, can) => expect(regen(`${version}.9`).capabilities.has(capability)).toBe(can));

  it('loses nothing with a newer version, and knows every post-processor in the end', () => {
    fc.assert(fc.property(fc.constantFrom(REGEN, 'AI Horde Worker', 'HordeAutoWebBridge', 'SD-WebUI Stable Horde Worker Bridge', 'x'), fc.nat(30), (name, version) => {
      for (const capability of capabilitiesOf(name, version)) expect(capabilitiesOf(name, version + 1)).toContain(capability);
    }));
    for (const name of POST_PROCESSORS) expect(regen('13').capabilities).toContain(name);
  });

  it('that nobody knows can do nothing but draw', () => expect(parseBridge('mine:99:u').capabilities.size).toBe(0));

  it.each([
    [`${REGEN}:1:u`, 'k_euler', true, false], [`${REGEN}:2:u`, 'DDIM', true, true], [`${REGEN}:2:u`, 'lcm', false, false], [`${REGEN}:3:u`, 'lcm', true, true],
    [`${REGEN}:16:u`, 'uni_pc', false, false], [`${REGEN}:17:u`, 'uni_pc', true, true], ['AI Horde Worker:11:u', 'k_dpmpp_sde', true, false],
    ['AI Horde Worker:12:u', 'k_dpmpp_sde', true, true], ['AI Horde Worker:17:u', 'DDIM', true, false], ['AI Horde Worker:17:u', 'DDIM', false, true],
    ['AI Horde Worker:10:u', 'k_euler', false, false], ['SD-WebUI Stable Horde Worker Bridge:1:u', 'dpmsolver', false, false],
    ['SD-WebUI Stable Horde Worker Bridge:1:u', 'DDIM', false, true], ['HordeAutoWebBridge:1:u', 'k_euler', true, false],
    ['HordeAutoWebBridge:1:u', 'k_euler', false, true], ['HordeAutoWebBridge:1:u', 'dpmsolver', false, true], ['mine:1:u', 'k_dpmpp_sde', true, true], ['mine:1:u', 'lcm', false, false],
  ])('%s takes %s with karras %p: %p', (agent, sampler, karras, takes) => expect(takesSampler(parseBridge(agent), sampler, karras)).toBe(takes));

  it('takes all of the wire\'s samplers as reGen 17, and the classic ones before', () => {
    for (const name of SAMPLER_NAMES) {
      expect(takesSampler(regen('17'), name, true)).toBe(true);
      expect(takesSampler(regen('16'), name, false)).toBe(SAMPLERS[name]?.tier === 'classic');
    }
    expect(SAMPLER_NAMES).toHaveLength(41);
  });

  it.each([['KoboldCppEmbedWorker', true], ['TabbyAPI', true], ['AI Horde Worker~aphrodite~oai', true], ['AI Horde Worker reGen', false], ['x', false]])(
    '%s is a validated text backend: %p',
    (name, validated) => expect(isValidatedBackend(parseBridge(`${name}:1:u`))).toBe(validated),
  );
});
