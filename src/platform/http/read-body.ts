import type { FastifyRequest } from 'fastify';
import { NO_JSON_TYPE } from './answer-error.js';
import type { BodyCheck, Checked } from './body/compile-body.js';
import { JSON_FAULTS, parseJson, type ParsedJson } from './body/json-body.js';
import { PlainRefusal } from './refusals.js';

/** Raw bytes to a checked body, by the rules of the route's kind (horde-api F.1–F.3). */
export type ReadBody = (request: FastifyRequest) => Checked;

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const NOTHING = new Uint8Array(0);

const bytesOf = ({ body }: FastifyRequest): Uint8Array => (body instanceof Uint8Array ? body : NOTHING);
const isOfType = ({ headers }: FastifyRequest, type: RegExp): boolean => type.test(headers['content-type'] ?? '');

export const readStrict = (check: BodyCheck): ReadBody => (request) => {
  if (!isOfType(request, JSON_TYPE)) throw new PlainRefusal(400, NO_JSON_TYPE);
  const json = parseJson(bytesOf(request));
  if (json.fault) throw new PlainRefusal(400, JSON_FAULTS[json.fault]);
  return check(json.value, json.mayHoldNul);
};

/**
 * No JSON, or JSON of another kind than an object, counts as an empty object; what is hostile is refused as elsewhere. Where an
 * empty object would do, nonsense is refused: nobody who sent it has asked for what nothing means.
 */
export const readLoose = (check: BodyCheck): ReadBody => (request) => {
  const bytes = bytesOf(request);
  const json = isOfType(request, JSON_TYPE) ? parseJson(bytes) : ({ fault: 'empty' } as ParsedJson);
  if (json.fault && json.fault !== 'empty' && json.fault !== 'syntax') throw new PlainRefusal(400, JSON_FAULTS[json.fault]);
  if (!json.fault && isObject(json.value)) return check(json.value, json.mayHoldNul);
  const nothing = check({}, false);
  if (bytes.length > 0 && !nothing.errors) throw new PlainRefusal(400, json.fault === 'empty' ? NO_JSON_TYPE : JSON_FAULTS.syntax);
  return nothing;
};

const isObject = (value: unknown): boolean => !(Array.isArray(value) || typeof value === 'string' || value === null);

const FORM_FIELDS_MAX = 100; // our largest form has about ten

export const readForm = (check: BodyCheck): ReadBody => (request) => {
  if (!isOfType(request, FORM_TYPE)) return check({}, false);
  const fields = Object.create(null) as Record<string, string>;
  let count = 0;
  for (const [name, value] of new URLSearchParams(Buffer.from(bytesOf(request)).toString('utf8'))) {
    if (++count > FORM_FIELDS_MAX) throw new PlainRefusal(400, `The form has more than ${FORM_FIELDS_MAX} fields.`);
    fields[name] ??= value;
  }
  return check(fields, true);
};
