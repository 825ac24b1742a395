import type { Seeded } from '../support/seeded.js';
import type { Clients } from './client.js';
import type { SimNode } from './node.js';
import type { World } from './world.js';

/** What an operation may use. */
export interface Scene {
  readonly world: World;
  readonly clients: Clients;
  readonly random: Seeded;
  /** A node that serves; operations that find none do nothing. */
  readonly node: SimNode;
  restart(place: number): Promise<void>;
}
