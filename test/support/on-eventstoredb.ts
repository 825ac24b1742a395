/** Jest runs this before each spec file of the project `eventstoredb`: the hordes of that file keep their ledgers in an EventStoreDB. */
process.env['HORDE_TEST_STORE'] = 'eventstoredb';
