import { expect, it } from '@jest/globals';
import { Rush } from './rush.js';

const nobody = (): boolean => false;

it('counts those who came before and are not registered yet', () => {
  const rush = new Rush();
  const leave = ['a', 'b', 'c'].map((name) => rush.enter(['owner 7', `only ${name}`], name));
  expect(['a', 'b', 'c', 'd'].map((name) => rush.ahead('owner 7', name, nobody))).toEqual([0, 1, 2, 3]);
  expect(rush.ahead('owner 7', 'c', (name) => name === 'a')).toBe(1);
  expect(rush.ahead('only a', 'b', nobody)).toBe(1);
  leave[0]!();
  expect(rush.ahead('owner 7', 'c', nobody)).toBe(1);
  for (const each of leave) each();
  expect(rush.ahead('owner 7', 'd', nobody)).toBe(0);
});
