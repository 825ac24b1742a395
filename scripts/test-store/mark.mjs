// Jest runs this before each spec file of the project `eventstoredb`: the hordes of that file keep their ledgers in the test store.
process.env['HORDE_TEST_STORE'] = 'eventstoredb';
