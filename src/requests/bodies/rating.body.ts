import { Arr, Int, Optional, Str } from '../../platform/http/body/body-decorators.js';
import { obj } from '../../platform/http/body/rules.js';

/** Of a UUID. */
const ID_LENGTH = 36;

class RatingBody {
  @Str({ min: ID_LENGTH, max: ID_LENGTH }) id!: string;
  @Int({ min: 1, max: 10 }) rating!: number;
  @Optional() @Int({ min: 0, max: 5 }) artifacts?: number;
}

/** horde-api C1.7. */
export class RatingFields {
  @Optional() @Str({ min: ID_LENGTH, max: ID_LENGTH }) best?: string;
  @Optional() @Arr(obj(() => RatingBody)) ratings?: RatingBody[];
}
