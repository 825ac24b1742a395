/** Contents are fetched a page at a time (horde-rules §6.3); whoever refuses that many looks at more at once. */
const PAGE = 10;
const PAGE_MAX = 100;

/** The first page is one candidate: usually it is the one. */
export function* pages<Item>(items: Iterable<Item>): Generator<Item[]> {
  let page: Item[] = [];
  let size = 1;
  for (const item of items) {
    page.push(item);
    if (page.length < size) continue;
    yield page;
    page = [];
    size = size === 1 ? PAGE : Math.min(PAGE_MAX, size * 2);
  }
  if (page.length > 0) yield page;
}
