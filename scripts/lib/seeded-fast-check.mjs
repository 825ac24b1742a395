// What Jest gives to who imports `fast-check`: laws draw the same examples every time, so that a failure is one that can be looked
// at. Not a file that Jest sets up each spec file with, because most of them have no law, and loading the library takes a while.
import fc from '../../node_modules/fast-check/lib/fast-check.js';

fc.configureGlobal({ seed: 20_261_121 });

export * from '../../node_modules/fast-check/lib/fast-check.js';
export default fc;
