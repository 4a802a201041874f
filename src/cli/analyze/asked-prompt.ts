import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { askPrompt } from '../../classify/prompt/ask-prompt.js';
import type { Prompt } from '../../classify/prompt/prompt.js';
import { OutputError } from '../../data/data-errors.js';
import { messageOf, systemCodeOf, UsageError } from '../../foundation/errors/chorale-error.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import type { Settings } from '../options/settings.js';
import type { Terminal } from '../terminal.js';

const ending = '.prompt';

/** Rejects what contradicts `--ask`. @throws UsageError */
export function checkAskFlags({ ask, savePrompt, prompt }: AnalyzeFlags): void {
  if (ask === undefined) {
    if (savePrompt !== undefined) throw new UsageError('--save-prompt keeps the prompt of --ask, which is not given');
    return;
  }
  if (prompt !== undefined)
    throw new UsageError('--ask writes a prompt, and --prompt names another one: give one of them');
  if (savePrompt !== undefined && !savePrompt.endsWith(ending)) {
    throw new UsageError(`--save-prompt needs a file that ends with ${ending}, so that --prompt finds it`);
  }
}

/**
 * The prompt of `--ask`; undefined without one. `--save-prompt` writes it to a file, and names it after the file, so that
 * `--prompt` with that file continues the run.
 * @throws UsageError, PromptError, OutputError
 */
export async function askedPrompt(
  { ask, savePrompt }: AnalyzeFlags,
  { labels, provider }: Settings,
  terminal: Terminal,
): Promise<Prompt | undefined> {
  if (ask === undefined) return undefined;
  if (provider === 'lexicon') throw new UsageError('--ask is for language models; the lexicon reads no question');
  if (labels === undefined) throw new UsageError('--ask needs the possible answers: --labels yes,no');
  const name = savePrompt === undefined ? 'ask' : basename(savePrompt, ending);
  const { prompt, source } = askPrompt(name, ask, labels);
  if (savePrompt !== undefined && (await keep(savePrompt, source))) {
    terminal.note(`the prompt is in ${savePrompt}: change it there, and use it with --prompt ${savePrompt}`);
  }
  return prompt;
}

/** Writes a new file. @returns whether it is new; false if there is the same already @throws OutputError */
async function keep(path: string, source: string): Promise<boolean> {
  try {
    await writeFile(path, source, { flag: 'wx' });
    return true;
  } catch (cause) {
    if (systemCodeOf(cause) !== 'EEXIST') throw new OutputError(path, messageOf(cause), { cause });
    if ((await readFile(path, 'utf8').catch(() => undefined)) === source) return false;
    throw new OutputError(path, 'there is another file of this name: use it with --prompt, or name a new one', {
      cause,
    });
  }
}
