import { Refused } from '../platform/http/refusals.js';

/**
 * Asks for the request as it is, and when it cannot be paid upfront for the lesser one, if its sender allows that
 * (horde-rules §3.2 and §3.3).
 */
export const orDowngraded = async <Request, Answer>(request: Request, ask: (request: Request) => Promise<Answer>, lesserOf: () => Request | undefined): Promise<Answer> => {
  try {
    return await ask(request);
  } catch (error) {
    const lesser = error instanceof Refused && error.rc === 'KudosUpfront' ? lesserOf() : undefined;
    if (!lesser) throw error;
    return ask(lesser);
  }
};
