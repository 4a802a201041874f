import { existsSync, readFileSync } from 'node:fs';
import type { PromptTrial } from '../../evaluate/prompt-trial.js';
import type { TrialRows } from '../../evaluate/trial-rows.js';
import { spelledMessage } from '../../foundation/errors/chorale-error.js';
import { listEntry, pairEntry } from '../../foundation/text/list-text.js';
import { shellWord } from '../../foundation/text/message-text.js';
import { renderPromptTrial } from '../../report/render-prompt-trial.js';
import { commandName, modelWords } from '../command-name.js';
import { silentExtras } from '../make-model-and-agent.js';
import type { DoctorFlags } from '../options/command-options.js';
import { readsNoPrompt, type Settings } from '../options/settings.js';
import { flagOf } from '../print-error.js';
import type { Terminal } from '../terminal.js';
import { shippedPrompts, tryShipped } from '../try-shipped.js';

/**
 * Tries the prompts that come with chorale on rows of the data.
 * @param settings with the host that is asked
 * @returns undefined if there are no rows, if the provider reads no prompt, or where nobody could be asked
 */
export async function tryPromptsOn(
  rows: TrialRows,
  settings: Settings,
  flags: DoctorFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<PromptTrial | undefined> {
  if (flags.quick || rows.reviews.length === 0 || readsNoPrompt(settings)) return undefined;
  const prompts = await shippedPrompts(settings);
  try {
    return await tryShipped({
      settings,
      extras: silentExtras,
      prompts,
      ...rows,
      signal,
      onProgress(prompt, done, total) {
        if (done === 0) terminal.note(`trying the prompt ${prompt} on ${total} rows`);
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    terminal.warn(`the prompts cannot be tried: ${spelledMessage(error, flagOf)}`);
    return undefined;
  }
}

/** What was found of the prompts, and the command that uses the one that suits best. */
export function renderPromptAdvice(
  trial: PromptTrial,
  inputs: readonly string[],
  settings: Settings,
  flags: DoctorFlags,
  terminal: Terminal,
): string {
  const { text, label, labels, format, delimiter, encoding, map } = flags;
  const option = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`--${name} ${shellWord(value)}`];
  const words = [
    commandName(terminal.io),
    'analyze',
    ...inputs.map((input) => (input === '-' ? input : shellWord(input))),
    ...modelWords(settings, flags),
    ...option('labels', labels?.map(listEntry).join(',')),
    ...option('text', text),
    ...option('label', label),
    ...option('map', map && [...map].map(([from, to]) => pairEntry(from, to)).join(',')),
    ...option('format', format),
    ...option('delimiter', delimiter),
    ...option('encoding', encoding),
    ...option('prompt', trial.chosen),
    '--out results.csv',
  ];
  return `${renderPromptTrial(trial)}  $ ${words.join(' ')}\n`;
}

/**
 * The command that gives a prompt file a context of so many tokens.
 * @returns null if the prompt is not a file, or its front matter is not written so that one line can be replaced or added
 */
export function mendContext(prompt: string, tokens: number): string | null {
  if (!existsSync(prompt)) return null;
  const text = readFileSync(prompt, 'utf8');
  const file = shellWord(prompt);
  if (/^\s*contextTokens:\s*\d+/m.test(text))
    return `sed -i 's/contextTokens: *[0-9]*/contextTokens: ${tokens}/' ${file}`;
  if (/^config:\s*$/m.test(text)) return `sed -i 's/^config:.*/&\\n  contextTokens: ${tokens}/' ${file}`;
  return null;
}
