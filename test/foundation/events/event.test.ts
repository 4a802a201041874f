import { expect, test } from 'vitest';
import { DefectError } from '../../../src/foundation/errors/chorale-error.js';
import { failureOf } from '../../../src/foundation/events/event.js';
import { hostileValues } from '../errors/hostile-values.js';

test('nothing thrown is no failure', () => {
  expect(failureOf(undefined)).toEqual({ error: false });
  expect(failureOf(new Error('boom'), false)).toEqual({ error: false });
});

test.each<[string, unknown, object]>([
  ['an error of ours by its code', new DefectError('boom'), { error_type: 'CHORALE_DEFECT' }],
  ['another error by its name', new RangeError('boom'), { error_type: 'RangeError', message: 'boom' }],
  ['an abort by its name', AbortSignal.abort().reason, { error_type: 'AbortError' }],
  ['a thrown text by its kind', 'boom', { error_type: 'string', message: 'boom' }],
  ['a thrown undefined by its kind', undefined, { error_type: 'undefined', message: 'undefined' }],
])('%s', (_, thrown, told) => {
  expect(failureOf(thrown, true)).toMatchObject({ error: true, ...told });
});

test.each(hostileValues)('%s is told without throwing', (_, thrown) => {
  expect(failureOf(thrown, true)).toEqual({
    error: true,
    error_type: expect.any(String),
    message: expect.any(String),
  });
});
