import type { PromptInput } from '../../classify/prompt/prompt-input.js';
import { InputError } from '../../data/data-errors.js';
import { expandInputs } from '../../data/expand-inputs.js';
import { isBlank } from '../../foundation/text/visible-text.js';
import { openInput, toReviews } from '../analyze/open-input.js';
import { loadDemoReviews } from '../demo/demo-inputs.js';
import type { SweepFlags } from '../options/command-options.js';
import type { ShownColumns } from '../shown-columns.js';
import type { Terminal } from '../terminal.js';

/** What a sweep asks about. */
export interface SweepInputs {
  readonly inputs: readonly PromptInput[];
  /** Rows with a text in the data set; undefined without one. */
  readonly rows: number | undefined;
}

/** More rows are not kept: a sweep of a fast server marks those that come again. */
const most = 20_000;

/**
 * Reads the rows of a data set, or those of the demo.
 * @throws InputError if none has a text
 */
export async function sweepInputs(
  inputs: readonly string[],
  flags: SweepFlags,
  shown: ShownColumns,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<SweepInputs> {
  const [first] = inputs;
  if (first === undefined) {
    const columns = Object.fromEntries(shown.wanted.map(({ name }) => [name, '']));
    return { inputs: (await loadDemoReviews()).map(({ text }) => ({ text, columns })), rows: undefined };
  }
  const selection = flags.limit === undefined ? undefined : { limit: flags.limit };
  const { stdin } = terminal.io;
  const input = await openInput(await expandInputs(inputs), { flags, selection, stdin, signal, shown });
  for (const note of input.notes) terminal.note(note);
  const kept: PromptInput[] = [];
  let rows = 0;
  for await (const { text, columns, problem } of toReviews(input, undefined)) {
    if (problem || text === null || isBlank(text)) continue;
    rows += 1;
    if (kept.length < most) kept.push({ text, columns });
  }
  if (rows === 0) throw new InputError({ path: first }, 'holds no text to ask about');
  return { inputs: kept, rows };
}
