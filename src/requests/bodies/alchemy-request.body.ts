import { Arr, Bool, Free, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { obj } from '../../platform/http/body/rules.js';
import { ALCHEMY_FORMS } from '../../reference/catalogue.js';

/** Ours: more would make events of a size that no image request has. An untrusted account may have 300 unfinished. */
export const FORMS_MAX = 100;

export class AlchemyFormBody {
  @Str({ enum: ALCHEMY_FORMS }) name!: string;
  @Optional() @Free() payload?: Record<string, unknown>;
}

/** horde-api C3.1. */
export class AlchemyRequestFields {
  @Str() source_image!: string;
  @Arr(obj(() => AlchemyFormBody), { max: FORMS_MAX, default: () => [] }) forms!: AlchemyFormBody[];
  @Bool({ default: false }) trusted_workers!: boolean;
  @Bool({ default: true }) slow_workers!: boolean;
  @Optional() @Str({ min: 10, max: 1024 }) webhook?: string;
}
