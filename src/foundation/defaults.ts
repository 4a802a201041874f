/**
 * Defaults of the library that the command line shows. Times are in milliseconds. `--help` loads this file: it imports
 * nothing.
 */
export const defaults = {
  ollamaHost: 'http://127.0.0.1:11434',
  openaiHost: 'https://api.openai.com/v1',
  itemTimeoutMs: 120_000,
  /** Further attempts after the first, and the bounds of the first pause and of every pause. */
  maxRetries: 3,
  initialBackoffMs: 1_000,
  maxBackoffMs: 30_000,
  /** Upper bound of the automatic count of workers. */
  workerCap: 16,
  /** Of samples, of the bootstrap, and of the examples that a search draws. */
  seed: 1,
  /** How often an experiment classifies every row with every variant. */
  repeats: 1,
  /** Examples of each label, and random draws of them, in a few-shot search. */
  examples: 4,
  restarts: 16,
} as const;
