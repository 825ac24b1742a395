import { V2, type Answer, type Client, type Fields, type HeaderFields, type Refusal } from './client.js';
import { pngOf } from './images.js';

export interface FormAnswer {
  readonly form: string;
  readonly state: string;
  readonly payload?: Fields;
  readonly result?: Fields;
}
export interface AlchemyStanding {
  readonly state: string;
  readonly forms: readonly FormAnswer[];
}
export interface PoppedForm {
  readonly id: string;
  readonly form: string;
  readonly payload?: Fields;
  readonly source_image: string;
  readonly r2_upload?: string;
}
export interface PoppedForms {
  readonly forms: readonly PoppedForm[] | null;
  readonly skipped: Readonly<Record<string, number>>;
}

/** An image of 2×2 tiles. */
export const SOURCE_BYTES = pngOf(1_024, 1_024);
export const SOURCE = SOURCE_BYTES.toString('base64');
export const ALCHEMIST = 'AI Horde Alchemist:1.0.0:https://example.org';

/** Talks to the alchemy routes as their clients do. */
export class AlchemyClient {
  constructor(private readonly client: Client) {}

  /** Forms as names, or whole. */
  ask(key: string, forms: readonly (string | Fields)[], body: Fields = {}): Promise<Answer<{ id: string } & Refusal>> {
    return this.client.post(`${V2}/interrogate/async`, key, { source_image: SOURCE, forms: forms.map((form) => (typeof form === 'string' ? { name: form } : form)), ...body });
  }
  status(id: string, headers?: HeaderFields): Promise<Answer<AlchemyStanding & Refusal>> {
    return this.client.get(`${V2}/interrogate/status/${id}`, undefined, headers);
  }
  cancel(id: string): Promise<Answer<AlchemyStanding & Refusal>> {
    return this.client.send('DELETE', `${V2}/interrogate/status/${id}`);
  }
  pop(key: string, name: string, forms: readonly string[], body: Fields = {}): Promise<Answer<PoppedForms & Refusal>> {
    return this.client.post(`${V2}/interrogate/pop`, key, { name, forms, bridge_agent: ALCHEMIST, ...body });
  }
  submit(key: string, id: string, result: unknown, body: Fields = {}): Promise<Answer<{ reward: number } & Refusal>> {
    return this.client.post(`${V2}/interrogate/submit`, key, { id, result, ...body });
  }
}
