import { type GoldLabels, ValuesOutside } from '../../analysis/gold-labels.js';
import type { Row } from '../../data/row.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { listEntry } from '../../foundation/text/list-text.js';
import type { Terminal } from '../terminal.js';
import { continued, type OpenInput, type RowReview, toReviews } from './open-input.js';

/** So many rows of an input that can be read only once are looked at before the first request. */
const rowsAhead = 200;

/** The most characters of these rows, which are kept in memory. */
const charactersAhead = 4_000_000;

/**
 * A column with more different values holds texts or ids. The run does not need the labels, so it continues without metrics.
 */
const mostLabels = 50;

/**
 * Finds labels that cannot match before the first request: translations into what is not a label, and a label column
 * of which no value is a label. Files are read up to the first value that is one.
 * @returns the input, with the rows that were read
 * @throws UsageError
 */
export async function checkGoldLabels(input: OpenInput, gold: GoldLabels, terminal: Terminal): Promise<OpenInput> {
  refuseStrangeTargets(gold);
  const { label } = input.roles;
  if (label === undefined) return input;
  const outside = new ValuesOutside();
  const isMatch = ({ expected, problem }: RowReview) => {
    if (expected === undefined || problem !== undefined) return false;
    if (gold.has(expected)) return true;
    outside.add(expected);
    return false;
  };
  const canReread = input.digest !== null;
  const ahead = await (canReread ? readUntil(input, gold, isMatch) : readAhead(input, gold, isMatch));
  if (!ahead.matched && outside.rows > 0) {
    const scope = ahead.ended ? '' : ` in the first ${ahead.rows.length} rows`;
    const problem = `no value of the column '${label}' is one of the labels ${gold.labels.map(listEntry).join(', ')}${scope}: ${outside.list()}`;
    if (outside.different <= mostLabels) throw new UsageError(`${problem}; ${adviceFor(outside, gold)}`);
    terminal.warn(`${problem}; the run continues without accuracy: name the column of the labels with --label`);
  }
  return canReread ? input : { ...input, rows: continued(ahead.rows, ahead.rest) };
}

/**
 * Reads the gold values of fields to their end, where the input can be read again: what is wrong with them is found before
 * the first request.
 * @throws UsageError
 */
export async function checkGoldFields(input: OpenInput): Promise<void> {
  if (input.roles.gold.length === 0 || input.digest === null) return;
  for await (const _ of toReviews(input, undefined)) {
    // Reading a row checks it.
  }
}

/** @throws UsageError for translations into what is not a label */
export function refuseStrangeTargets(gold: GoldLabels): void {
  const strange = gold.strangeTargets();
  if (strange.length === 0) return;
  const shown = strange.slice(0, 8).map((target) => `'${target}'`);
  const more = strange.length > shown.length ? ` and ${strange.length - shown.length} others` : '';
  throw new UsageError(
    `--map translates into ${shown.join(', ')}${more}, and the labels are ${gold.labels.map(listEntry).join(', ')}; ` +
      'an empty target leaves rows out, as in N/A=',
  );
}

function adviceFor(outside: ValuesOutside, gold: GoldLabels): string {
  const pairs = outside.translations(gold.labels);
  if (pairs.length === 0) return 'name the column of the labels with --label';
  return `translate with --map '${pairs.join(',')}', say with --labels which labels there are, or name another column with --label`;
}

interface Ahead {
  readonly matched: boolean;
  /** Whether all rows were checked. */
  readonly ended: boolean;
  readonly rows: readonly Row[];
  readonly rest: AsyncIterator<Row>;
}

type Matcher = (review: RowReview) => boolean;

async function readUntil(input: OpenInput, gold: GoldLabels, isMatch: Matcher): Promise<Ahead> {
  let matched = false;
  for await (const review of toReviews(input, gold)) {
    matched = isMatch(review);
    if (matched) break;
  }
  return { matched, ended: true, rows: [], rest: empty() };
}

async function readAhead(input: OpenInput, gold: GoldLabels, isMatch: Matcher): Promise<Ahead> {
  const source = input.rows[Symbol.asyncIterator]();
  const { roles } = input;
  const reviews = toReviews({ rows: { [Symbol.asyncIterator]: () => source }, roles }, gold)[Symbol.asyncIterator]();
  const rows: Row[] = [];
  let characters = 0;
  let matched = false;
  let ended = false;
  while (!matched && rows.length < rowsAhead && characters < charactersAhead) {
    const step = await reviews.next();
    if (step.done) {
      ended = true;
      break;
    }
    rows.push(step.value.row);
    characters += step.value.size ?? 0;
    matched = isMatch(step.value);
  }
  return { matched, ended, rows, rest: source };
}

async function* empty(): AsyncGenerator<Row, void> {}
