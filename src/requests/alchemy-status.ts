import { Injectable } from '@nestjs/common';
import { BlobStore } from '../platform/blobs/blob-store.js';
import { Contents } from '../platform/content/contents.js';
import type { StoredAlchemy } from './rules/alchemy-request.js';
import { Status, type HeldJob } from './status.js';
import type { FormJobRow } from './status-rows.js';

type FormState = 'waiting' | 'processing' | 'done' | 'faulted' | 'cancelled';
type State = FormState | 'partial';

export interface AlchemyAnswer {
  readonly state: State;
  readonly forms: readonly { readonly form: string; readonly state: FormState; readonly payload?: object; readonly result?: object }[];
  /** Ours: which worker holds each form that is handed out, while there is one. */
  readonly jobs?: readonly HeldJob[];
}

/** What stands in a result for an image that the worker has uploaded (horde-api C3.5). */
const UPLOADED = 'R2';

/** How an alchemy request stands, form by form (horde-api C3.2). */
@Injectable()
export class AlchemyStatus {
  constructor(private readonly statuses: Status, private readonly contents: Contents, private readonly blobs: BlobStore) {}

  async of(id: string): Promise<AlchemyAnswer> {
    const row = await this.statuses.forms(id);
    const latest = latestOf(row.jobs);
    const stored = await this.contents.getMany([row.request.id, ...row.jobs.flatMap(({ result }) => (result ? [result] : []))]);
    const asked = stored.get(row.request.id);
    const payloads = asked === undefined ? [] : (JSON.parse(asked) as StoredAlchemy).payloads;
    const forms = row.forms.map(({ form }, index) => {
      const job = latest.get(index);
      const payload = payloads[index];
      const result = job && this.#result(job, stored);
      return { form, state: stateOf(job, row.request), ...(payload ? { payload } : {}), ...(result ? { result } : {}) };
    });
    const jobs = this.statuses.heldJobs(row.request);
    return { state: aggregate(forms.map(({ state }) => state)), forms, ...(jobs.length > 0 ? { jobs } : {}) };
  }

  /** Only when there is one, and it is not empty. */
  #result({ id, state, result }: FormJobRow, stored: ReadonlyMap<string, string>): object | undefined {
    const text = state === 'done' && result ? stored.get(result) : undefined;
    const shown = text === undefined ? {} : formResult(text, id, this.blobs);
    return Object.keys(shown).length === 0 ? undefined : shown;
  }
}

/** What the worker handed in, as it was stored; an image that it uploaded becomes a URL. */
export const formResult = (stored: string, job: string, blobs: Pick<BlobStore, 'downloadUrl'>): object => {
  const members = Object.entries((JSON.parse(stored) as { readonly result: Readonly<Record<string, unknown>> }).result);
  return Object.fromEntries(members.map(([name, value]) => [name, value === UPLOADED ? blobs.downloadUrl(`${job}.webp`) : value]));
};

/** Of each form its last hand-out: what happened before is over. */
const latestOf = (jobs: readonly FormJobRow[]): ReadonlyMap<number, FormJobRow> => new Map(jobs.map((job) => [job.form, job]));

const stateOf = (job: FormJobRow | undefined, { cancelled, faulted }: { readonly cancelled: boolean; readonly faulted: boolean }): FormState => {
  if (job?.state === 'done') return job.verdict === 'cancelled' ? 'cancelled' : 'done';
  if (job?.state === 'pending') return 'processing';
  if (job?.final || faulted) return 'faulted';
  return cancelled ? 'cancelled' : 'waiting';
};

/** horde-rules §6.9, in this order: a request without forms is faulted. */
export const aggregate = (states: readonly FormState[]): State => {
  if (states.every((state) => state === 'faulted')) return 'faulted';
  if (states.every((state) => state === 'done')) return 'done';
  if (states.includes('processing')) return 'processing';
  return states.includes('waiting') ? 'waiting' : 'partial';
};
