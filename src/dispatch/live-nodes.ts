import type { Database } from '../platform/postgres/database.js';

/** A node that has not said for so long that it is here serves nobody. */
const GONE_AFTER_S = 20;
/** Rows of nodes that will never come back, under that name. */
const FORGOTTEN_AFTER_S = 86_400;
/** spec/ledger.md §4.5, Pop: of so many servable requests for each node, each prefers those that fall to it. */
const SHARED_FRONT = 8;

const SAY_AND_ASK = `
WITH here AS (
  INSERT INTO platform.node_presence (node, seen_at) VALUES ($1, now()) ON CONFLICT (node) DO UPDATE SET seen_at = now()
), forgotten AS (
  DELETE FROM platform.node_presence WHERE seen_at < now() - interval '${FORGOTTEN_AFTER_S} s'
)
SELECT node FROM platform.node_presence WHERE seen_at >= now() - interval '${GONE_AFTER_S} s'`;
const LEAVE = 'DELETE FROM platform.node_presence WHERE node = $1';

interface Popped {
  readonly request: string;
  readonly facts: { readonly payer: number };
}

/**
 * The nodes that serve now, as far as this one knows. They all see the same queue and would all reach for the same first
 * request; so they share its front out among themselves, without a word, by a hash. Who is wrong about the others loses a race
 * at the log and takes its next.
 */
export class LiveNodes {
  #nodes: readonly string[];

  constructor(private readonly self: string, private readonly database: Database) {
    this.#nodes = [self];
  }

  get count(): number {
    return this.#nodes.length;
  }

  /** Returns how many nodes there are. */
  async round(): Promise<number> {
    const rows = await this.database.query<{ readonly node: string }>(SAY_AND_ASK, [this.self], 'nodes.presence');
    this.#nodes = [...new Set([this.self, ...rows.map(({ node }) => node)])];
    return this.count;
  }

  /** A last word. */
  async leave(): Promise<void> {
    await this.database.execute(LEAVE, [this.self], 'nodes.leave');
  }

  /**
   * The same candidates; of the first few those first that fall to this node, then the others' from behind, as they begin in
   * front. Whom the worker puts first stays first.
   */
  *preferred<Each extends Popped>(candidates: Iterable<Each>, firstPayers: readonly number[]): Generator<Each> {
    if (this.count === 1) {
      yield* candidates;
      return;
    }
    const front = SHARED_FRONT * this.count;
    const others: Each[] = [];
    let seen = 0;
    for (const each of candidates) {
      if (firstPayers.includes(each.facts.payer)) {
        yield each;
        continue;
      }
      seen += 1;
      if (seen > front || this.#isOurs(each.request)) yield each;
      else others.push(each);
      if (seen === front) yield* others.splice(0).reverse();
    }
    yield* others.reverse();
  }

  /** Falls to the node whose hash with it is the highest, so that a node which comes or goes moves only its own share. */
  #isOurs(request: string): boolean {
    const own = hash(`${this.self} ${request}`);
    return this.#nodes.every((node) => node === this.self || hash(`${node} ${request}`) < own);
  }
}

/** FNV-1a over 32 bits, and mixed once more, as neighbours would else fall to one node. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
};
