import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Recorded } from '../../../src/kernel/event.js';
import { startHorde } from '../../support/app.js';
import { ANONYMOUS, REGEN, TEXT_MODEL, V2, type Answer, type Fields } from '../../support/client.js';
import { Names, traceOf } from '../../support/trace.js';

const DOCUMENT = new URL('../../../docs/traces.md', import.meta.url);
const HEAD = `# One job of each kind, kudo by kudo

<!-- Written by \`HORDE_WRITE_DOCUMENTS=1 npm test -- test/e2e/v2/traces.spec.ts\` from a run; the same test finds out when it is not fresh. -->

What one job of each kind appends to the log, in this order, with every posting of every transaction. Each story was played over
HTTP on a fresh horde. The worker's owner is new and so not trusted: half of what it earns waits in escrow. Ids are named, times left out;
kudos have two decimals, except inside of features, where they are whole hundredths.`;

const horde = await startHorde('traces');
const { client } = horde;
const payer = await client.person('payer', 1_000);
const owner = await client.person('owner', 25);
const names = new Names(new Map([[payer.id, 'payer'], [owner.id, 'owner'], [0, 'anonymous']]));

const ALCHEMIST = { name: 'an alchemist', forms: ['caption'], amount: 1, bridge_agent: REGEN };

/** Registers the workers, which is not part of the stories. */
const idle = [
  await client.popImage(owner.key, { name: 'a dreamer' }), await client.popText(owner.key, { name: 'a scribe' }),
  await client.post(`${V2}/interrogate/pop`, owner.key, ALCHEMIST),
];

interface Story {
  readonly title: string;
  readonly told: string;
  readonly play: () => Promise<{ readonly request: string; readonly job: string; readonly reward: number }>;
}

const accepted = ({ status, body }: Answer<object>): Fields => {
  expect([200, 202]).toContain(status);
  return body as Fields;
};

const image = async (key: string, ask: Fields) => {
  const request = accepted(await client.askImage(key, { params: { width: 512, height: 512, steps: 30 }, models: ['stable_diffusion'], ...ask }))['id'] as string;
  const job = accepted(await client.popImage(owner.key, { name: 'a dreamer' }))['id'] as string;
  return { request, job, reward: accepted(await client.submitImage(owner.key, job))['reward'] as number };
};

const text = async () => {
  const ask = { params: { max_length: 80, max_context_length: 2_048 }, models: [TEXT_MODEL], slow_workers: true };
  const request = accepted(await client.askText(payer.key, ask))['id'] as string;
  const job = accepted(await client.popText(owner.key, { name: 'a scribe' }))['id'] as string;
  return { request, job, reward: accepted(await client.submitText(owner.key, job))['reward'] as number };
};

const alchemy = async () => {
  const request = accepted(await client.post(`${V2}/interrogate/async`, payer.key, { forms: [{ name: 'caption' }], source_image: PIXEL }))['id'] as string;
  const popped = accepted(await client.post(`${V2}/interrogate/pop`, owner.key, ALCHEMIST));
  const [form] = popped['forms'] as readonly { readonly id: string }[];
  return { request, job: form!.id, reward: accepted(await client.post(`${V2}/interrogate/submit`, owner.key, { id: form!.id, result: { caption: 'a dot' }, state: 'ok' }))['reward'] as number };
};

const STORIES: readonly Story[] = [
  { title: 'An image', told: 'A registered payer asks for one image of 512×512 pixels and 30 steps; nothing is needed upfront.', play: () => image(payer.key, {}) },
  {
    title: 'An image with a hold', told: 'The same for fast workers only: the whole quote must be there, and what is not paid at once is held until the job is settled.',
    play: () => image(payer.key, { slow_workers: false }),
  },
  { title: 'A text', told: 'At most 80 tokens, by a model of seven billion parameters. Fewer come back than were asked for, so that it costs less than its quote.', play: text },
  { title: 'An alchemy form', told: 'A caption of an image.', play: alchemy },
  { title: 'An image for an anonymous user', told: 'Nobody\'s account is touched but the worker\'s owner\'s: the account issue:anonymous pays.', play: () => image(ANONYMOUS, {}) },
];

const section = ({ title, told }: Story, events: readonly Recorded[], reward: number): string => {
  return `## ${title}\n\n${told} The worker is told a reward of ${reward}.\n\n${traceOf(events, names)}`;
};

describe('the document that traces one job of each kind', () => {
  it('says what happens', async () => {
    expect(idle.map(({ status }) => status)).toEqual([200, 200, 200]);
    const sections: string[] = [];
    for (const [index, story] of STORIES.entries()) {
      const { answer: { request, job, reward }, events } = await horde.appendedBy(story.play);
      names.known(request, `request-${index + 1}`);
      names.known(job, `job-${index + 1}`);
      sections.push(section(story, events, reward));
    }
    const document = `${[HEAD, ...sections].join('\n\n')}\n`;
    if (process.env['HORDE_WRITE_DOCUMENTS'] === '1') writeFileSync(DOCUMENT, document);
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(document);
  });
});

/** One grey pixel as a PNG. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==';
