import { GoldLabels } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import { expandInputs } from '../../data/expand-inputs.js';
import { isUsable, TrialDraw, type TrialRows } from '../../evaluate/trial-rows.js';
import { openInput, toReviews } from '../analyze/open-input.js';
import { loadDemoReviews } from '../demo/demo-inputs.js';
import type { DoctorFlags } from '../options/command-options.js';
import type { Terminal } from '../terminal.js';

/** What the doctor asks about. */
export interface Sample {
  readonly texts: readonly string[];
  readonly longest: string;
  /** Reviews in the inputs; null if there are none. */
  readonly reviews: number | null;
  /** Rows of the inputs on which prompts are tried; none if there are no inputs. */
  readonly trial: TrialRows;
}

/** Reviews of the data set that are asked about, spread over its beginning. */
const sampleSize = 1_000;

/**
 * Reads what there is to ask about: the data set, or the reviews of the demo.
 * @param labels those of the prompt
 */
export async function sampleInput(
  inputs: readonly string[],
  flags: DoctorFlags,
  labels: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Sample> {
  const texts: string[] = [];
  let longest = '';
  let reviews = 0;
  const draw = new TrialDraw(labels);
  for await (const review of reviewsOf(inputs, flags, labels, terminal, signal)) {
    const { text } = review;
    if (!isUsable(review) || text === null) continue;
    reviews += 1;
    if (texts.length < sampleSize) texts.push(text);
    if (Buffer.byteLength(text) > Buffer.byteLength(longest)) longest = text;
    if (inputs.length > 0) draw.add(review);
  }
  return { texts, longest, reviews: inputs.length === 0 ? null : reviews, trial: draw.rows() };
}

async function* reviewsOf(
  inputs: readonly string[],
  flags: DoctorFlags,
  labels: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): AsyncGenerator<Review> {
  if (inputs.length === 0) {
    for (const [index, { text }] of (await loadDemoReviews()).entries()) yield { index, id: String(index + 1), text };
    return;
  }
  const input = await openInput(await expandInputs(inputs), { flags, stdin: terminal.io.stdin, signal });
  for (const note of input.notes) terminal.note(note);
  yield* toReviews(input, new GoldLabels(labels, flags.map));
}
