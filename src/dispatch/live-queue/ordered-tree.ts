/** A place in dispatch order: higher key first, then the earlier acceptance, then the id, so that no two are equal. */
export interface Place {
  /** Centikudos; see `priority-key.ts`. */
  readonly key: number;
  readonly acceptedAtMs: number;
  readonly request: string;
}

/** Negative when `a` is served before `b`. */
export const inDispatchOrder = (a: Place, b: Place): number => {
  if (a.key !== b.key) return b.key - a.key;
  if (a.acceptedAtMs !== b.acceptedAtMs) return a.acceptedAtMs - b.acceptedAtMs;
  if (a.request === b.request) return 0;
  return a.request < b.request ? -1 : 1;
};

/** How many items lie before and including one, and the sums of their weights. */
export interface Standing {
  readonly position: number;
  readonly jobs: number;
  readonly things: number;
}

interface Node<Item> {
  readonly item: Item;
  readonly heat: number;
  readonly jobs: number;
  readonly things: number;
  left: Node<Item> | undefined;
  right: Node<Item> | undefined;
  count: number;
  jobsSum: number;
  thingsSum: number;
}

/**
 * An order-statistics treap in dispatch order: insert, remove, next and rank in O(log n). The place of an item must not
 * change while it is inside: take it out, change it, put it back. Its shape is drawn from a fixed seed, so the same
 * calls always build the same tree.
 */
export class OrderedTree<Item> {
  #root: Node<Item> | undefined;
  #seed = 0x9e3779b9;

  constructor(private readonly placeOf: (item: Item) => Place) {}

  get size(): number {
    return this.#root?.count ?? 0;
  }

  /** Throws when an item with the same place is inside already: that is a bug of the caller. */
  insert(item: Item, jobs = 0, things = 0): void {
    const node = { item, heat: this.#draw(), jobs, things, left: undefined, right: undefined, count: 1, jobsSum: jobs, thingsSum: things };
    this.#root = this.#inserted(this.#root, node, this.placeOf(item));
  }

  /** Throws when the item is not inside: its place was changed, or it never was. */
  remove(item: Item): void {
    this.#root = this.#without(this.#root, this.placeOf(item));
  }

  first(): Item | undefined {
    let node = this.#root;
    while (node?.left) node = node.left;
    return node?.item;
  }

  /** The first item whose place lies strictly after `place`, which need not be inside. */
  after(place: Place): Item | undefined {
    return this.#firstFrom(place, false);
  }

  /** The first item whose place is `place` or lies after it. */
  from(place: Place): Item | undefined {
    return this.#firstFrom(place, true);
  }

  #firstFrom(place: Place, isIncluded: boolean): Item | undefined {
    let found: Item | undefined;
    let node = this.#root;
    while (node) {
      const order = inDispatchOrder(place, this.placeOf(node.item));
      if (order < 0 || (order === 0 && isIncluded)) {
        found = node.item;
        node = node.left;
      } else {
        node = node.right;
      }
    }
    return found;
  }

  /** The item at this 1-based position. */
  at(position: number): Item | undefined {
    let node = this.#root;
    let left = position;
    while (node) {
      const before: number = node.left?.count ?? 0;
      if (left === before + 1) return node.item;
      if (left <= before) {
        node = node.left;
      } else {
        left -= before + 1;
        node = node.right;
      }
    }
    return undefined;
  }

  /** 1-based position with the weights up to and including the item; undefined when nothing has this place. */
  standing(place: Place): Standing | undefined {
    let position = 0;
    let jobs = 0;
    let things = 0;
    let node = this.#root;
    while (node) {
      const order = inDispatchOrder(place, this.placeOf(node.item));
      if (order < 0) {
        node = node.left;
        continue;
      }
      position += 1 + (node.left?.count ?? 0);
      jobs += node.jobs + (node.left?.jobsSum ?? 0);
      things += node.things + (node.left?.thingsSum ?? 0);
      if (order === 0) return { position, jobs, things };
      node = node.right;
    }
    return undefined;
  }

  #draw(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed >>> 1; // 31 bits, which V8 keeps in the node itself; of 32 each would be an object of its own
  }

  #inserted(node: Node<Item> | undefined, fresh: Node<Item>, place: Place): Node<Item> {
    if (!node) return fresh;
    const order = inDispatchOrder(place, this.placeOf(node.item));
    if (order === 0) throw new Error(`${place.request} is in the tree already`);
    if (fresh.heat > node.heat) {
      [fresh.left, fresh.right] = this.#split(node, place);
      return summed(fresh);
    }
    if (order < 0) node.left = this.#inserted(node.left, fresh, place);
    else node.right = this.#inserted(node.right, fresh, place);
    return summed(node);
  }

  #split(node: Node<Item> | undefined, place: Place): [Node<Item> | undefined, Node<Item> | undefined] {
    if (!node) return [undefined, undefined];
    if (inDispatchOrder(place, this.placeOf(node.item)) < 0) {
      const [before, after] = this.#split(node.left, place);
      node.left = after;
      return [before, summed(node)];
    }
    const [before, after] = this.#split(node.right, place);
    node.right = before;
    return [summed(node), after];
  }

  #without(node: Node<Item> | undefined, place: Place): Node<Item> | undefined {
    if (!node) throw new Error(`${place.request} is not in the tree at its place`);
    const order = inDispatchOrder(place, this.placeOf(node.item));
    if (order === 0) return merged(node.left, node.right);
    if (order < 0) node.left = this.#without(node.left, place);
    else node.right = this.#without(node.right, place);
    return summed(node);
  }
}

const summed = <Item>(node: Node<Item>): Node<Item> => {
  node.count = 1;
  node.jobsSum = node.jobs;
  node.thingsSum = node.things;
  if (node.left) include(node, node.left);
  if (node.right) include(node, node.right);
  return node;
};

const include = (node: Node<unknown>, { count, jobsSum, thingsSum }: Node<unknown>): void => {
  node.count += count;
  node.jobsSum += jobsSum;
  node.thingsSum += thingsSum;
};

const merged = <Item>(before: Node<Item> | undefined, after: Node<Item> | undefined): Node<Item> | undefined => {
  if (!before) return after;
  if (!after) return before;
  if (before.heat > after.heat) {
    before.right = merged(before.right, after);
    return summed(before);
  }
  after.left = merged(before, after.left);
  return summed(after);
};
