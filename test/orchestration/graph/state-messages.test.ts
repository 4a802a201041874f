import { and, keyEquals, keyExists, not, or, State } from '../../../src/orchestration/index.js';
import { testMessages, wrong } from '../messages.js';

testMessages([
  ['data', () => State.create(wrong([1])), 'option data must be a record, but is an array'],
  ['data in a map', () => State.create(new Map([['a', 1]])), 'option data must be a record, but is an object'],
  [
    'data to come',
    () => State.create(Promise.reject(new Error('late'))),
    'option data must be a record, but is an object',
  ],
  ['options', () => State.create({}, wrong(null)), 'option options must be an object, but is null'],
  [
    'runId',
    () => State.create({}, { runId: wrong(5) }),
    'option runId must be a text that is not empty, but is 5 (number)',
  ],
  ['secrets', () => State.create({}, { secrets: wrong(['s']) }), 'option secrets must be an object, but is an array'],
  ['freeze', () => State.create({}, { freeze: wrong(1) }), 'option freeze must be true or false, but is 1 (number)'],
  ['merge', () => State.create({}).merge(wrong(null)), 'option other must be an object, but is null'],
  [
    'an unknown secret',
    () => State.create({}, { runId: 'r1', secrets: { key: 'k', token: 't' } }).secret('kee'),
    "run r1 needs the secret 'kee'; given: 'key', 'token'",
  ],
  ['keyExists', () => keyExists(wrong(1)), 'option key must be a text that is not empty, but is 1 (number)'],
  ['keyEquals', () => keyEquals(wrong(undefined), 1), 'option key must be a text that is not empty, but is undefined'],
  ['not', () => not(wrong(undefined)), 'option predicate must be a function, but is undefined'],
  ['and', () => and(() => true, wrong(true)), 'option predicates[1] must be a function, but is true (boolean)'],
  ['or', () => or(wrong({})), 'option predicates[0] must be a function, but is an object'],
]);
