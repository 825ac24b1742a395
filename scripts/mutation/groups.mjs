/**
 * What money depends on, and which tests are about it: what those do not notice is not tested where it is written.
 * @type {readonly { name: string, mutate: readonly string[], tests: readonly string[] }[]}
 */
export const GROUPS = [
  { name: 'kernel', mutate: ['src/kernel/*.ts', 'src/platform/event-log/codec.ts'], tests: ['src/kernel/*.spec.ts', 'src/platform/event-log/codec.spec.ts'] },
  { name: 'prices', mutate: ['src/pricing/*.ts'], tests: ['src/pricing/*.spec.ts'] },
  {
    name: 'accounts', mutate: ['src/kudos/account.{decider,state}.ts', 'src/kudos/{settle-job,authorization-closed,credits}.ts'],
    tests: ['src/kudos/{account.decider,account.state,shared-key,transfer,form-hold,style-reward,donation-offset,refund,reversal,reconciliation,cap-sweep,escrow-release,folds}.spec.ts'],
  },
  { name: 'transfers', mutate: ['src/kudos/{transfer,recent-gifts}.ts'], tests: ['src/kudos/{transfer,shared-key,folds,account.decider}.spec.ts'] },
  { name: 'shared-keys', mutate: ['src/kudos/{shared-key,shared-key.state,shared-key-reservation}.ts'], tests: ['src/kudos/shared-key.spec.ts'] },
  { name: 'compensations', mutate: ['src/kudos/{compensation,reversal,reconciliation}.ts'], tests: ['src/kudos/{compensation,reversal,reconciliation}.spec.ts'] },
  {
    name: 'grants', mutate: ['src/kudos/{grant.decider,policy.decider,donation-offset,escrow-release,cap-sweep,pockets,form-hold,style-reward}.ts'],
    tests: ['src/kudos/{grant.decider,small-deciders,donation-offset,escrow-release,cap-sweep,pockets,form-hold,style-reward}.spec.ts'],
  },
  { name: 'requests', mutate: ['src/requests/*.{decider,state}.ts'], tests: ['src/requests/{request.decider,request.state,request-forms,lost-content}.spec.ts'] },
  { name: 'people', mutate: ['src/{users,workers,styles,teams}/*.{decider,state}.ts'], tests: ['src/{users,workers,styles,teams}/*.spec.ts'] },
];
