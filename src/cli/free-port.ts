import { createServer, type AddressInfo } from 'node:net';

/** A port that was free a moment ago: the server must know it before it listens, for its upload URLs name it. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
