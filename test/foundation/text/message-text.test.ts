import { expect, test } from 'vitest';
import { didYouMean, listNames } from '../../../src/foundation/text/message-text.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

test('names are listed up to the tenth, with their number where there are more', () => {
  expect(listNames([])).toBe('none');
  expect(listNames([], 'none yet')).toBe('none yet');
  expect(listNames(['a', 'b'])).toBe('a, b');
  expect(listNames(names(10))).toBe('n0, n1, n2, n3, n4, n5, n6, n7, n8, n9');
  expect(listNames(names(1_000))).toBe('n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, … (1000)');
});

test('the name that was probably meant is told, among all of them', () => {
  expect(didYouMean('n998x', names(1_000))).toBe(", did you mean 'n998'?");
  expect(didYouMean('something', names(1_000))).toBe('');
});
