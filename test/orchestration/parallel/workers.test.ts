import { expect, test } from 'vitest';
import { InvalidOptionError, workerCount } from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';

const machine = (cpuCount: number) => createManualClock({ cpuCount });

test.each([
  { maxWorkers: 3, items: 10, cpus: 1, expected: 3 },
  { maxWorkers: 100, items: 1_000, cpus: 1, expected: 100 },
  { maxWorkers: 100, items: 10, cpus: 1, expected: 10 },
  { maxWorkers: 3, items: Number.POSITIVE_INFINITY, cpus: 1, expected: 3 },
  { maxWorkers: 3, items: 0, cpus: 1, expected: 0 },
])('maxWorkers means exactly that many, but never more than items: $maxWorkers for $items', (given) => {
  expect(workerCount(given.items, { maxWorkers: given.maxWorkers }, machine(given.cpus))).toBe(given.expected);
});

test.each([
  { items: 100, cpus: 1, workerCap: undefined, expected: 2 },
  { items: 100, cpus: 4, workerCap: undefined, expected: 8 },
  { items: 100, cpus: 8, workerCap: undefined, expected: 16 },
  { items: 100, cpus: 64, workerCap: undefined, expected: 16 },
  { items: 100, cpus: 64, workerCap: 32, expected: 32 },
  { items: 100, cpus: 64, workerCap: 3, expected: 3 },
  { items: 3, cpus: 4, workerCap: undefined, expected: 3 },
  { items: 0, cpus: 4, workerCap: undefined, expected: 1 },
  { items: Number.POSITIVE_INFINITY, cpus: 2, workerCap: undefined, expected: 4 },
])('otherwise it is max(1, min(2 × CPUs, workerCap, items)): $items items, $cpus CPUs, cap $workerCap', (given) => {
  const options = { workerCap: given.workerCap };
  expect(workerCount(given.items, options, machine(given.cpus))).toBe(given.expected);
  expect(workerCount(given.items, { ...options, maxWorkers: 0 }, machine(given.cpus))).toBe(given.expected);
});

const noWholeNumbers = [
  Number.NaN,
  -1,
  1.5,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  '4',
  null,
  true,
  2 ** 53,
];

test.each(noWholeNumbers.filter((value) => value !== Number.POSITIVE_INFINITY))('maxWorkers %s is refused', (value) => {
  expect(() => workerCount(10, { maxWorkers: value as never }, machine(1))).toThrow(InvalidOptionError);
  expect(() => workerCount(10, { maxWorkers: value as never }, machine(1))).toThrow(
    /^option maxWorkers must be a whole number of at least 0, but is /,
  );
});

test.each([...noWholeNumbers, 0])('workerCap %s is refused', (value) => {
  expect(() => workerCount(10, { workerCap: value as never }, machine(1))).toThrow(
    /^option workerCap must be a whole number of at least 1, but is /,
  );
});

test('both options are checked even when the other decides', () => {
  expect(() => workerCount(10, { maxWorkers: 2, workerCap: 0 }, machine(1))).toThrow(InvalidOptionError);
});

test('the count comes from the machine when no host is given', () => {
  const count = workerCount(1_000, {});
  expect(count).toBeGreaterThanOrEqual(1);
  expect(count).toBeLessThanOrEqual(16);
});
