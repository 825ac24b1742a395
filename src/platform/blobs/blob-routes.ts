import type { FastifyInstance } from 'fastify';
import { handleBlobRequest } from './handle-blob-request.js';
import type { LocalBlobStore } from './local-blob-store.js';
import { BLOBS_PATH } from './url-signer.js';

/**
 * Serves local blobs on a Fastify server. A context of its own: here any content type, and none, is a stream of bytes that
 * goes to the disk unparsed.
 */
export const registerBlobRoutes = async (server: FastifyInstance, blobs: LocalBlobStore): Promise<void> => {
  await server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addHook('onRequest', (request, _reply, next) => {
      delete request.raw.headers['content-type']; // some workers send nonsense; a blob's type is read from its bytes
      next();
    });
    scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    scope.route({
      method: ['GET', 'HEAD', 'PUT'],
      url: `${BLOBS_PATH}:key`,
      handler: async (request, reply) => {
        const length = request.headers['content-length'];
        const { status, headers, body } = await handleBlobRequest(blobs, {
          method: request.method, url: request.raw.url ?? '', contentLength: length === undefined ? undefined : Number(length), body: request.raw,
        });
        return reply.code(status).headers(headers).send(body ?? '');
      },
    });
    done();
  });
};
