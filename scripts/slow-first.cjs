// The order in which Jest runs spec files: those that take minutes first, so that the last worker is not left alone with one.
// Jest itself knows what took long only after a first run; a fresh clone has had none.
const Sequencer = require('@jest/test-sequencer').default;

// What computes for minutes runs beside what waits for minutes, so that no processor is idle and nobody who waits is late.
const SLOW = [
  'test/simulation/economy', 'test/contract/eventstoredb', 'test/reliability/store', 'test/reliability/kill', 'test/check.spec', 'test/reliability/', 'test/simulation/', 'test/cli/',
  'test/contract/', 'test/log/',
];

/** @param {string} path */
const rank = (path) => {
  const found = SLOW.findIndex((part) => path.includes(part));
  return found < 0 ? SLOW.length : found;
};

module.exports = class SlowFirst extends Sequencer {
  /** @param {{ path: string }[]} tests */
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one.path) - rank(other.path));
  }
};
