import { ChoraleError } from '../../foundation/errors/chorale-error.js';

/** A confidence cannot be calibrated with these rows. */
export class CalibrationError extends ChoraleError {
  readonly code = 'CHORALE_CALIBRATION';
  constructor(
    readonly problem: string,
    /** What mends it. */
    readonly remedy: string,
  ) {
    super(`the confidence cannot be calibrated: ${problem}; ${remedy}`);
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
