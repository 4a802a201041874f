import { UsageError } from '../../foundation/errors/common-errors.js';
import type { AnalyzeFlags } from '../flags.js';

/** Refuses what contradicts `--calibrate`. Without inputs a run calibrates only; without it there must be some. */
export function checkCalibrationFlags(inputs: readonly string[], flags: AnalyzeFlags): void {
  const { calibrate } = flags;
  if (calibrate === undefined) {
    if (inputs.length === 0) throw new UsageError('which input? name files, or - for stdin; see --help');
    return;
  }
  if (calibrate === '-') throw new UsageError('--calibrate needs a file, not stdin');
  if (flags.label === undefined)
    throw new UsageError('--calibrate needs the right labels; say their column with --label');
  if (flags.calibration === false) throw new UsageError('--calibrate and --no-calibration contradict each other');
  if (flags.dryRun) throw new UsageError('--dry-run asks no model, so --calibrate has nothing to fit');
  if (inputs.length > 0) return;
  const needsInput = flags.out ? '--out' : flags.assert ? '--assert' : flags.id === undefined ? undefined : '--id';
  if (needsInput) throw new UsageError(`${needsInput} is about an input, and there is none: --calibrate only fits`);
}
