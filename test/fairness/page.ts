import { tablesOf, type Figures } from './figures.js';

/** docs/fairness.md. */
export const pageOf = (figures: Figures): string => `# How fair the queue is, in figures

<!-- Written by \`HORDE_WRITE_DOCUMENTS=1 npm test -- test/fairness\` from a run; the same test finds out when it is not fresh. -->

A saturated horde in virtual time (\`test/fairness\`): the live queue, the lane and the batches of the server itself; workers that do nothing but take
their time, and no log. Twenty workers of ten seconds a job, half of them taking up to eight jobs at once; two hundred people who ask at random for one to
four jobs, one in ten of them without an account, with kudos as people have them (most have little, few have a thousand times as much). What they spend is
made good, so that nobody's place changes but by the rules. \`npm run simulate:fairness -- --seeds 10\` prints the same for more seeds.

${tablesOf(figures)}

- **Pairs**: load 1.2; every five minutes two payers with the same kudos ask for the same twenty jobs, one in one request, the other in twenty.
- **The richest**: six people who always have all thirty jobs waiting that they may, at kudos that nobody else reaches by waiting. By key alone nobody
  else would be served; one job in four goes by the lane, to whoever has waited longest, and there thirty requests are worth no more than one.
- **Enough workers**: workers × 1,200 s ÷ service = 200 at load 0.9, for a day.
- **A crowd of like payers**: load 1.2; where nobody fills the queue by kudos alone, most is served by key. If each waiting request aged by itself, who keeps
  thirty in the queue would be served more often than who asks for the next image only when the last has come (last row of the second table): the price of
  unfinished jobs takes a few seconds from their place each, not minutes. So each hand-out takes its wait from the age of its payer's other requests, beyond
  what was saved by not asking ([ADR 0035](decisions/0035-take-the-wait-of-each-job-from-its-payers-others.md)). Of two hours; what thirty requests begin
  with, saved in the twenty minutes before, is in it. Who has so many kudos that he need not wait asks as often as he can either way.
- **Faults** take a job's time without serving anybody, and a request ends with its third: pairs whose work was never done are left out. Random times are
  exponential with the same mean.
`;
