// The order in which Jest runs spec files: those that take minutes first, so that the last worker is not left alone with one.
// Jest itself knows what took long only after a first run; a fresh clone has had none.
const Sequencer = require('@jest/test-sequencer').default;

const SLOW = ['test/simulation/economy', 'test/check.spec', 'test/contract/eventstoredb', 'test/reliability/', 'test/simulation/', 'test/cli/', 'test/contract/', 'test/log/'];

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
