import { Ajv, type ErrorObject } from 'ajv';
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { read } from './repository.js';

export interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly profiles?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  readonly restart?: string;
  readonly container_name?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly logging?: { readonly options: Readonly<Record<string, string>> };
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly deploy?: { readonly replicas?: number; readonly resources?: { readonly limits?: Readonly<Record<string, unknown>> } };
  readonly 'x-without-healthcheck'?: string;
  readonly 'x-as-root'?: string;
}
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** As Compose reads it: YAML 1.2 with merge keys. */
export const parseYaml = (text: string): unknown => load(text, { schema: CORE_SCHEMA.withTags(mergeTag) });

/** The schema is draft 07 and names it by another address than the validator does; how a duration looks is Compose's business. */
const isCompose = new Ajv({ strict: false, validateSchema: false, validateFormats: false })
  .compile(JSON.parse(read('test/fixtures/compose/compose-spec.json')) as object);
/** What the Compose Specification finds wrong with a file. */
export const faultsOf = (text: string): readonly ErrorObject[] => (isCompose(parseYaml(text)) ? [] : (isCompose.errors ?? []));

export const compose = parseYaml(read('docker-compose.yml')) as ComposeFile;
export const services = Object.entries(compose.services);
export const isOurs = ({ image }: Service): boolean => image.startsWith('horde-ledger:');
export const networksOf = ({ networks = [] }: Service): readonly string[] => (Array.isArray(networks) ? (networks as string[]) : Object.keys(networks));

/** `${NAME}`, `${NAME:-otherwise}`, `${NAME:?complaint}`; what stands behind `:-` may hold further ones. */
export const interpolated = (text: string, environment: Readonly<Record<string, string>>): string => {
  const start = text.indexOf('${');
  if (start < 0) return text;
  const end = closingBrace(text, start + 2);
  const [, name, operator, rest] = /^(\w+)(:[-?])?(.*)$/s.exec(text.slice(start + 2, end))!;
  const value = environment[name!] || (operator === ':-' ? interpolated(rest!, environment) : undefined);
  if (value === undefined) throw new Error(`${name} is not set: ${rest}`);
  return text.slice(0, start) + value + interpolated(text.slice(end + 1), environment);
};

const closingBrace = (text: string, from: number): number => {
  for (let at = from, depth = 1; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return at;
  }
  throw new Error(`a brace is not closed: ${text}`);
};

/** The environment of a service, as its process would see it. */
export const environmentOf = (service: Service, environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(service.environment ?? {}).map(([key, text]) => [key, interpolated(text, environment)]));
