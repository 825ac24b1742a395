// As test/support/fixed-seed.ts; and laws stop early, because every mutant has to be tried against them.
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_121, interruptAfterTimeLimit: 600, endOnFailure: true });
