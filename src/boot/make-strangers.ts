import { readFileSync } from 'node:fs';
import type { Config } from '../config.js';
import { GuardedHttp } from '../platform/outbound/guarded-http.js';
import type { Strangers } from '../platform/outbound/strangers.js';

/** The door to addresses that callers name. A private horde calls nobody but whom its operator has named. */
export const makeStrangers = ({ profile, outboundOrigins, outboundCa }: Config): Strangers => new GuardedHttp({
  rules: { anybody: profile === 'public', origins: outboundOrigins }, ca: outboundCa === undefined ? undefined : readFileSync(outboundCa, 'utf8'),
});
