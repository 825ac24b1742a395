import { Resolver } from 'node:dns/promises';

/** All addresses of a name, until the signal ends the search. @throws Error when it has none, or nobody says in time */
export type ResolveName = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/** A name server that is slow is asked once more; the caller's signal ends it anyway. */
const OPTIONS = { timeout: 1_000, tries: 2 };

/**
 * Asks the machine's name servers itself. The system's resolver would also know this machine's own names and the short ones of its
 * network, and each slow name would hold one of the few threads that the log writes its files with.
 */
export const resolveName: ResolveName = async (name, signal) => {
  signal.throwIfAborted();
  const resolver = new Resolver(OPTIONS);
  const giveUp = (): void => resolver.cancel();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length === 0) throw new Error(`${name} has no address`);
    return addresses;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
};
