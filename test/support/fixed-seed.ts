// Jest runs this before each spec file: laws draw the same examples every time, so that a failure is one that can be looked at.
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_121 });
