import { expect, it } from 'vitest';
import { renderBytes } from '../../src/report/format-values.js';

it.each([
  [0, '0 B'],
  [512, '512 B'],
  [999, '999 B'],
  [1_000, '1.00 kB'],
  [999_400, '999 kB'],
  [999_999, '1.00 MB'],
  [2_019_000_000, '2.02 GB'],
])('%d bytes are %s', (bytes, text) => {
  expect(renderBytes(bytes)).toBe(text);
});
