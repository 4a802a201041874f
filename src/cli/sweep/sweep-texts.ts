import { InputError } from '../../data/data-errors.js';
import { expandInputs } from '../../data/expand-inputs.js';
import { isBlank } from '../../foundation/text/visible-text.js';
import { openInput, toReviews } from '../analyze/open-input.js';
import { loadDemoReviews } from '../demo/demo-inputs.js';
import type { SweepFlags } from '../options/command-options.js';
import type { Terminal } from '../terminal.js';

/** What a sweep asks about. */
export interface SweepTexts {
  readonly texts: readonly string[];
  /** Rows with a text in the data set; undefined without one. */
  readonly rows: number | undefined;
}

/** More texts are not kept: a sweep of a fast server marks those that come again. */
const most = 20_000;

/**
 * Reads the texts of a data set, or those of the demo.
 * @throws InputError if there is none
 */
export async function sweepTexts(
  inputs: readonly string[],
  flags: SweepFlags,
  { io }: Terminal,
  signal: AbortSignal,
): Promise<SweepTexts> {
  const [first] = inputs;
  if (first === undefined) return { texts: (await loadDemoReviews()).map(({ text }) => text), rows: undefined };
  const selection = flags.limit === undefined ? undefined : { limit: flags.limit };
  const input = await openInput(await expandInputs(inputs), { flags, selection, stdin: io.stdin, signal });
  const texts: string[] = [];
  let rows = 0;
  for await (const { text } of toReviews(input, undefined)) {
    if (text === null || isBlank(text)) continue;
    rows += 1;
    if (texts.length < most) texts.push(text);
  }
  if (rows === 0) throw new InputError({ path: first }, 'holds no text to ask about');
  return { texts, rows };
}
