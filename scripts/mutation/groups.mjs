/**
 * What money depends on, and where its own tests are. A mutant is tried by those first, because they are few and quick; what
 * they do not notice is tried by every test of `src`, which is slow and catches the rest.
 * @type {readonly { name: string, mutate: readonly string[], tests: readonly string[] }[]}
 */
export const GROUPS = [
  { name: 'kernel', mutate: ['src/kernel/*.ts', 'src/platform/event-log/codec.ts'], tests: ['src/kernel', 'src/platform/event-log'] },
  { name: 'prices', mutate: ['src/pricing/*.ts'], tests: ['src/pricing'] },
  {
    name: 'accounts',
    mutate: [
      'src/kudos/*.{decider,state}.ts',
      'src/kudos/{authorization-closed,cap-sweep,compensation,credits,donation-offset,escrow-release,form-hold,pockets,recent-gifts}.ts',
      'src/kudos/{reconciliation,reversal,settle-job,shared-key-reservation,shared-key,style-reward,transfer}.ts',
    ],
    tests: ['src/kudos'],
  },
  { name: 'requests', mutate: ['src/requests/*.{decider,state}.ts'], tests: ['src/requests'] },
  { name: 'people', mutate: ['src/{users,workers,styles,teams}/*.{decider,state}.ts'], tests: ['src/users', 'src/workers', 'src/styles', 'src/teams'] },
];

/** Where everything is that can notice. */
export const EVERY_TEST = ['src'];
