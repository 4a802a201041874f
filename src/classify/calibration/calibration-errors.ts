import { ChoraleError, defineErrors } from '../../foundation/errors/chorale-error.js';
import { type Remedy, renderRemedy } from '../../foundation/errors/remedy.js';

export const calibrationErrors = defineErrors({
  CHORALE_CALIBRATION: { exitCode: 2, retryable: false, summary: 'These rows calibrate no confidence.' },
  CHORALE_CALIBRATION_FILE: { exitCode: 3, retryable: false, summary: 'A saved calibration is broken.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof calibrationErrors> {}
}

/** A confidence cannot be calibrated with these rows. */
export class CalibrationError extends ChoraleError {
  readonly code = 'CHORALE_CALIBRATION';
  constructor(
    readonly problem: string,
    /** What mends it. */
    readonly remedy: Remedy,
  ) {
    super(`the confidence cannot be calibrated: ${problem}; ${renderRemedy(remedy)}`);
  }
}

/** A saved calibration is broken, or is that of something else. It is never applied. */
export class CalibrationFileError extends ChoraleError {
  readonly code = 'CHORALE_CALIBRATION_FILE';
  constructor(
    readonly path: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${path}: ${problem}; remove the file, calibrate again (--calibrate), or use --no-calibration`, options);
  }
}
