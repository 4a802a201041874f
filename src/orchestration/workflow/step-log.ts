import { guard } from '../../foundation/events/observers.js';
import { requireFunction } from '../require-option.js';
import type { WorkflowLogger } from './step.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Where an engine passes what steps log; a pino logger is one. The fields are `workflow`, `runId`, `stepId` and `attempt`,
 * and those of the step.
 */
export interface EngineLogger {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
}

/** Makes the logger of one attempt of a step: what it logs carries these fields. */
export type StepLog = (about: Fields) => WorkflowLogger;

const levels = ['debug', 'info', 'warn', 'error'] as const;

const silent: WorkflowLogger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Passes what steps log to the logger of an engine. One that throws is dropped for all steps, with one warning.
 * @throws InvalidOptionError when a level is missing
 */
export function createStepLog(logger: EngineLogger | undefined): StepLog {
  if (logger === undefined) return () => silent;
  for (const level of levels) requireFunction(`logger.${level}`, Object(logger)[level]);
  const pass = guard(
    (level: keyof EngineLogger, fields: Fields, message: string) => logger[level](fields, message),
    'a logger',
  );
  return (about) => {
    const at = (level: keyof EngineLogger) => (message: string, fields?: Fields) =>
      pass(level, { ...about, ...fields }, message);
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  };
}
