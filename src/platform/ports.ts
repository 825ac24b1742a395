import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { BlobStore } from './blobs/blob-store.js';
import type { Contents } from './content/contents.js';
import type { NodeFeed } from './event-log/node-feed.js';
import type { Secrets } from './vault/secrets.js';

/** What most features need of the platform, injected as one, so that constructors name the collaborators that matter. */
export abstract class Ports {
  abstract readonly clock: Clock;
  abstract readonly ids: Ids;
  abstract readonly feed: NodeFeed;
  abstract readonly contents: Contents;
  abstract readonly blobs: BlobStore;
  abstract readonly secrets: Secrets;
}
