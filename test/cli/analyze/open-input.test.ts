import { expect, it } from 'vitest';
import { likelyText } from '../../../src/cli/analyze/open-input.js';

const sets = { blank: new Set<string>(), floats: new Set<string>() };
const columns = { id: undefined, label: undefined, gold: [], shown: new Map<string, string>(), ...sets };

it.each(['Comments', 'feedback', 'Description'])('a column called %s is said to be taken for the text', (text) => {
  expect(likelyText({ ...columns, text }, {})).toBe(
    `the column '${text}' is taken for the text; --text COLUMN names another`,
  );
});

it('a column that the user named, or whose name leaves no doubt, is taken without a word', () => {
  expect(likelyText({ ...columns, text: 'Feedback' }, { text: 'Feedback' })).toBeUndefined();
  expect(likelyText({ ...columns, text: 'Review Text' }, {})).toBeUndefined();
});
