import { RowError } from '../data/data-errors.js';
import { type SpellOption, spelledMessage } from '../foundation/errors/chorale-error.js';
import { ReviewFailure } from './classify-review.js';
import type { Review } from './review.js';
import type { ReviewResult } from './review-result.js';
import type { FailureCount } from './summary.js';

/** Number of different messages that are counted separately; further ones are counted by code. */
const mostKinds = 50;

/** Number of rows listed for each kind. */
const mostExamples = 5;

/** What failed, without the row that it failed at. */
interface Failure {
  readonly message: string;
  readonly code: string;
  readonly count: number;
  readonly examples: FailureCount['examples'];
}

/** Counts failures by kind, with the first rows of each, in memory that does not grow with their number. */
export class FailureCounts {
  private readonly kinds = new Map<string, Failure>();

  constructor(private readonly spell?: SpellOption) {}

  /** @param cause what the review failed with */
  add({ index }: Review, { id, error, error_code: code }: ReviewResult, cause: unknown): void {
    const inner = causeOf(cause);
    const place = inner instanceof RowError ? describePlace(inner) : null;
    const message = failureMessage(cause, this.spell) ?? error ?? '';
    this.count({ message, code: code ?? '', count: 1, examples: [{ index, id, place }] });
  }

  /** Adds what was counted elsewhere. */
  merge(failures: readonly FailureCount[]): void {
    for (const failure of failures) this.count(failure);
  }

  /** The most frequent first. A message about rows that cannot be read has the first places. */
  list(): readonly FailureCount[] {
    return [...this.kinds.values()].sort((a, b) => b.count - a.count).map(withPlaces);
  }

  private count(failure: Failure): void {
    const kind = `${failure.code} ${kindOf(failure.message)}`;
    const isKnown = this.kinds.has(kind) || this.kinds.size < mostKinds;
    const key = isKnown ? kind : failure.code;
    const before = this.kinds.get(key);
    if (!before) {
      this.kinds.set(key, isKnown ? failure : { ...failure, message: 'other messages' });
      return;
    }
    const isSame = before.message === failure.message || !isKnown;
    this.kinds.set(key, {
      code: failure.code,
      message: isSame ? before.message : withoutDetails(before.message),
      count: before.count + failure.count,
      examples: [...before.examples, ...failure.examples].slice(0, mostExamples),
    });
  }
}

function withPlaces(failure: Failure): FailureCount {
  const places = failure.examples.flatMap(({ place }) => place ?? []);
  if (places.length === 0) return failure;
  const more = failure.count > places.length ? ', …' : '';
  return { ...failure, message: `${withoutDetails(failure.message)} (${places.join(', ')}${more})` };
}

/** What a review failed with, without what differs from row to row: the place of the row, and the answer. */
export function failureMessage(failure: unknown, spell?: SpellOption): string | undefined {
  const cause = causeOf(failure);
  if (cause instanceof RowError) return cause.problem;
  return cause instanceof Error ? spelledMessage(cause, spell) : undefined;
}

function causeOf(failure: unknown): unknown {
  return failure instanceof ReviewFailure ? failure.cause : failure;
}

function describePlace({ place: { path, line } }: RowError): string {
  return line === undefined ? path : `${path}:${line}`;
}

/** The common part of messages of one kind: without texts in brackets and numbers other than HTTP statuses. */
function kindOf(message: string): string {
  const words = withoutDetails(message).split(/\s+/);
  return words.map((word, index) => (words[index - 1] !== 'HTTP' && /^\d+[.,;:]?$/.test(word) ? '#' : word)).join(' ');
}

function withoutDetails(message: string): string {
  return message.replace(/\s*\([^()]*\)/g, '');
}
