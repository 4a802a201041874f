import { guard } from '../../events/index.js';
import { requireFunction } from '../require-option.js';
import type { WorkflowLogger } from './step.js';

/** Makes the logger of one attempt of a step: what it logs carries these fields. */
export type StepLog = (about: Readonly<Record<string, unknown>>) => WorkflowLogger;

const levels = ['debug', 'info', 'warn', 'error'] as const;

const silent: WorkflowLogger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Passes what steps log to the logger of an engine. One that throws is dropped for all steps, with one warning.
 * @throws InvalidOptionError when a level is missing
 */
export function createStepLog(logger: WorkflowLogger | undefined): StepLog {
  if (logger === undefined) return () => silent;
  for (const level of levels) requireFunction(`logger.${level}`, Object(logger)[level]);
  const pass = guard(
    (level: keyof WorkflowLogger, message: string, fields: Readonly<Record<string, unknown>>) =>
      logger[level](message, fields),
    'a logger',
  );
  return (about) => {
    const at = (level: keyof WorkflowLogger) => (message: string, fields?: object) =>
      pass(level, message, { ...about, ...fields });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  };
}
