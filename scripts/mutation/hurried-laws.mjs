// As scripts/lib/seeded-fast-check.mjs; and laws stop early, because every mutant has to be tried against them.
import fc from '../../node_modules/fast-check/lib/fast-check.js';

fc.configureGlobal({ seed: 20_261_121, interruptAfterTimeLimit: 600, endOnFailure: true });

export * from '../../node_modules/fast-check/lib/fast-check.js';
export default fc;
