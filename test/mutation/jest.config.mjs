import config from '../../jest.config.js';

const [embedded] = config.projects;
const { displayName: _displayName, ...common } = embedded;
export default { ...common, rootDir: '../..', roots: ['<rootDir>/src'], maxWorkers: 1 };
