import { expect, it } from '@jest/globals';
import { pages } from './pages.js';

it('candidates come one, then ten, then ever more at a time, up to a hundred', () => {
  const sizes = [...pages(Array.from({ length: 500 }, (_, index) => index))].map(({ length }) => length);
  expect(sizes).toEqual([1, 10, 20, 40, 80, 100, 100, 100, 49]);
  expect([...pages([])]).toEqual([]);
});

it('no more is asked for than is looked at', () => {
  let asked = 0;
  const walk = pages((function* () { for (;;) yield asked++; })());
  walk.next();
  expect(asked).toBe(1);
  walk.next();
  expect(asked).toBe(11);
});
