import { UsageError } from '../../foundation/errors/chorale-error.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import { autoPrompt, readsNoPrompt, type Settings } from '../options/settings.js';

/** Whether a limit of tokens or cost is set. */
export function isLimited({ tokenLimit, costLimit }: AnalyzeFlags): boolean {
  return tokenLimit !== undefined || costLimit !== undefined;
}

/** Rejects limits that cannot be kept. @throws UsageError */
export function checkLimits(flags: AnalyzeFlags, settings: Settings, model: string): void {
  if (!isLimited(flags)) return;
  const flag = flags.tokenLimit === undefined ? '--max-cost' : '--max-tokens';
  if (readsNoPrompt(settings)) {
    throw new UsageError(`${flag} needs a model that counts tokens, and --provider ${settings.provider} counts none`);
  }
  if (flags.costLimit !== undefined && settings.prices[model] === undefined) {
    throw new UsageError(`--max-cost needs the price of ${model}: set prices in the configuration file`);
  }
  const other =
    flags.calibrate === undefined ? (settings.prompt === autoPrompt ? '--prompt auto' : undefined) : '--calibrate';
  if (other) throw new UsageError(`${flag} limits the analysis, and ${other} sends requests before it: run them apart`);
}
