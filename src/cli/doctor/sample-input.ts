import { expandInputs } from '../../dataset/index.js';
import { isBlank } from '../../text/index.js';
import { openInput } from '../analyze/open-input.js';
import { resolveColumns, toReviews } from '../analyze/to-reviews.js';
import { loadDemoReviews } from '../demo/demo-reviews.js';
import type { DoctorFlags } from '../flags.js';

/** What the doctor asks about. */
export interface Sample {
  readonly texts: readonly string[];
  readonly longest: string;
  /** Reviews in the inputs; null where there are none. */
  readonly reviews: number | null;
}

/** Reviews of the data set that are asked about, spread over its beginning. */
const sampleSize = 1_000;

/** Reads what there is to ask about: the data set, or the reviews of the demo. */
export async function sampleInput(inputs: readonly string[], flags: DoctorFlags, signal: AbortSignal): Promise<Sample> {
  const texts: string[] = [];
  let longest = '';
  let reviews = 0;
  for await (const text of textsOf(inputs, flags, signal)) {
    reviews += 1;
    if (texts.length < sampleSize) texts.push(text);
    if (Buffer.byteLength(text) > Buffer.byteLength(longest)) longest = text;
  }
  return { texts, longest, reviews: inputs.length === 0 ? null : reviews };
}

async function* textsOf(inputs: readonly string[], flags: DoctorFlags, signal: AbortSignal): AsyncGenerator<string> {
  if (inputs.length === 0) {
    for (const { text } of await loadDemoReviews()) yield text;
    return;
  }
  const input = await openInput(await expandInputs(inputs), flags, {}, signal);
  const columns = resolveColumns(input, flags);
  for await (const { text, problem } of toReviews(input.rows, columns, undefined)) {
    if (!problem && text !== null && !isBlank(text)) yield text;
  }
}
