import { shellWord } from '../../foundation/text/message-text.js';
import { commandName, shortest } from '../command-name.js';
import { defaultModels } from '../config/settings.js';
import type { DemoFlags } from '../flags.js';
import { modelWords } from '../next-command.js';
import type { Terminal } from '../terminal.js';
import { demoInput } from './demo-reviews.js';
import type { DemoAgent } from './demo-run.js';

/** What to do, and the command for it, word by word. */
export interface NextStep {
  readonly says: string;
  readonly command: readonly string[];
}

/** What the reader can type next, with the model and the prompt that have just answered. */
export function nextSteps(found: DemoAgent, flags: DemoFlags, terminal: Terminal): readonly NextStep[] {
  const input = shellWord(shortest(process.cwd(), demoInput));
  const program = commandName(terminal.io);
  const model = modelWords(found.settings, flags);
  const { prompt } = found.settings;
  const promptWords = prompt === 'sentiment' ? [] : [`--prompt ${shellWord(prompt)}`];
  const withModel = found.fallback === null ? '' : '; with a model, leave out --provider lexicon';
  const analyze = {
    says: `Analyse a file. Put your own in place of ${input} (CSV, TSV, JSON or Parquet), and add --text COLUMN where the column of the text is not found by itself${withModel}:`,
    command: [program, 'analyze', input, ...model, ...promptWords, '--out results.csv'],
  };
  if (found.settings.provider === 'lexicon') return found.fallback === null ? [analyze] : [getModel(found), analyze];
  return [
    analyze,
    {
      says: 'Check the server, and try the prompts on rows of your data (--label COLUMN measures their accuracy):',
      command: [program, 'doctor', input, ...model],
    },
  ];
}

function getModel({ settings, fallback }: DemoAgent): NextStep {
  const isRunning = fallback?.code === 'CHORALE_MODEL_MISSING';
  return {
    says: isRunning
      ? 'For answers of a language model: Ollama runs and has none that can answer. Get one, and run the demo again:'
      : 'For answers of a language model: install and start Ollama (https://ollama.com), get a model, and run the demo again:',
    command: [`ollama pull ${shellWord(settings.model ?? defaultModels.ollama ?? '')}`],
  };
}
