import { Refused } from '../platform/http/refusals.js';

/**
 * Asks for the request as it is, and when that is refused for one that asks for less, as long as there is one. The way to it
 * depends on the return code (horde-rules §1.10, §3.2 and §3.3); `lesserOf` ends by taking from a request what it allowed.
 */
export const orLesser = async <Request, Answer>(
  request: Request, ask: (request: Request) => Promise<Answer>, lesserOf: (rc: string, request: Request) => Promise<Request | undefined>,
): Promise<Answer> => {
  try {
    return await ask(request);
  } catch (error) {
    const lesser = error instanceof Refused ? await lesserOf(error.rc, request) : undefined;
    if (!lesser) throw error;
    return orLesser(lesser, ask, lesserOf);
  }
};
