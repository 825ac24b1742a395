/** Whether POST /dev/test-user exists (HORDE_TEST_APIKEYS). */
export class DevAccess {
  constructor(readonly open: boolean) {}
}
