import * as errors from '../../src/errors/index.js';

const place = { path: 'reviews.csv', line: 3 };
const task = new errors.TaskError(5, 'item', new Error('boom'));

/** One error of every exported class. */
export const samples: readonly (Error & { readonly code: errors.ErrorCode })[] = [
  new errors.DefectError(new Error('boom')),
  new errors.UsageError('unknown option --wokers'),
  new errors.ConfigError('chorale.config.json', 'is no JSON'),
  new errors.PromptError('sentiment', 'has no labels'),
  new errors.ColumnError('no text column', ['id', '']),
  new errors.InvalidOptionError('maxWorkers', 'a whole number of at least 0', -1),
  new errors.UnknownObserverError('syslog', ['noop', 'pino']),
  new errors.InputError(place, 'a quote is not closed'),
  new errors.OutputError('out.csv', 'is a directory'),
  new errors.ModelUnavailableError('http://127.0.0.1:11434', 'ECONNREFUSED'),
  new errors.ModelMissingError('llama3.2:3b', 'http://127.0.0.1:11434', ['smollm2']),
  new errors.ModelBusyError(503, 'queue full', 2_000),
  new errors.ModelRejectedError(400, 'no such option'),
  new errors.ModelResponseError('it is HTML'),
  new errors.ModelCutOffError(),
  new errors.ModelSilentError(1_000),
  new errors.ModelTimeoutError(1_000),
  new errors.PromptTooLongError(2_048, '3000 tokens'),
  new errors.AnswerTruncatedError(8, 'The sentiment of this'),
  new errors.AnswerInvalidError('is none of positive, negative', 'maybe'),
  new errors.RowError(place, 'has 3 cells instead of 2'),
  new errors.ItemTimeoutError(1_000),
  new errors.RunTimeoutError(1_000),
  task,
  new errors.ParallelError({ errors: [task] }),
  new errors.ParallelCancelledError(new Error('enough'), {}),
  new errors.ThresholdMissedError(['macro_f1 0.7 < 0.8']),
  new errors.InterruptedError('SIGINT'),
];
