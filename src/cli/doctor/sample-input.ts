import { GoldLabels } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import type { PromptInput } from '../../classify/prompt/prompt-input.js';
import { expandInputs } from '../../data/expand-inputs.js';
import { isUsable, TrialDraw, type TrialRows } from '../../evaluate/trial-rows.js';
import { openInput, toReviews } from '../analyze/open-input.js';
import { loadDemoReviews } from '../demo/demo-inputs.js';
import type { DoctorFlags } from '../options/command-options.js';
import type { ShownColumns } from '../shown-columns.js';
import type { Terminal } from '../terminal.js';

/** What the doctor asks about. */
export interface Sample {
  readonly inputs: readonly PromptInput[];
  readonly longest: PromptInput;
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
 * @param shown what the prompt shows beside the text: blank where there is no data set
 */
export async function sampleInput(
  inputs: readonly string[],
  flags: DoctorFlags,
  labels: readonly string[],
  shown: ShownColumns,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Sample> {
  const sampled: PromptInput[] = [];
  let longest: PromptInput = { text: '' };
  let reviews = 0;
  const draw = new TrialDraw(labels);
  for await (const review of reviewsOf(inputs, flags, labels, shown, terminal, signal)) {
    const { text, columns } = review;
    if (!isUsable(review) || text === null) continue;
    reviews += 1;
    const input = { text, columns };
    if (sampled.length < sampleSize) sampled.push(input);
    if (bytesOf(input) > bytesOf(longest)) longest = input;
    if (inputs.length > 0) draw.add(review);
  }
  return { inputs: sampled, longest, reviews: inputs.length === 0 ? null : reviews, trial: draw.rows() };
}

function bytesOf({ text, columns = {} }: PromptInput): number {
  return Object.values(columns).reduce<number>(
    (sum, cell) => sum + Buffer.byteLength(String(cell)),
    Buffer.byteLength(text),
  );
}

async function* reviewsOf(
  inputs: readonly string[],
  flags: DoctorFlags,
  labels: readonly string[],
  shown: ShownColumns,
  terminal: Terminal,
  signal: AbortSignal,
): AsyncGenerator<Review> {
  if (inputs.length === 0) {
    const columns = Object.fromEntries(shown.wanted.map(({ name }) => [name, '']));
    for (const [index, { text }] of (await loadDemoReviews()).entries())
      yield { index, id: String(index + 1), text, columns };
    return;
  }
  const input = await openInput(await expandInputs(inputs), { flags, stdin: terminal.io.stdin, signal, shown });
  for (const note of input.notes) terminal.note(note);
  yield* toReviews(input, new GoldLabels(labels, flags.map));
}
