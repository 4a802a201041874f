import { z } from 'zod';
import { temperatureRange } from './fit-temperature.js';

const share = z.number().min(0).max(1);
const rows = z.int().min(1);

/** The form of a saved calibration. Unknown keys are errors. */
export const calibrationSchema = z.strictObject({
  version: z.literal(1),
  /** What it was fitted for, and is applied to. */
  provider: z.string().min(1),
  model: z.string().min(1),
  /** Name and hash of the prompt. */
  prompt: z.string().min(1),
  /** In the order in which they are shown to the model. */
  labels: z.array(z.string().min(1)).min(2),
  temperature: z.number().min(temperatureRange.least).max(temperatureRange.most),
  /** Rows that the temperature was fitted on. */
  fitted_rows: rows,
  /** Measured on rows that it was not fitted on. */
  held_out: z.strictObject({
    rows,
    accuracy: share,
    expected_calibration_error: z.strictObject({ before: share, after: share }),
    negative_log_likelihood: z.strictObject({ before: z.number().min(0), after: z.number().min(0) }),
  }),
  /** Where the rows came from; empty where nobody said. */
  data: z.string(),
  created_at: z.iso.datetime(),
});

/** A fitted temperature, what it is for, and how good it is. The names are those of the file and of `--json`. */
export type Calibration = z.infer<typeof calibrationSchema>;

/** What a calibration is for: probabilities of other models, prompts or labels are other ones. */
export type CalibrationTarget = Readonly<Pick<Calibration, 'provider' | 'model' | 'prompt'>> & {
  readonly labels: readonly string[];
};

/** Whether a calibration is for this target. */
export function isFor(calibration: CalibrationTarget, target: CalibrationTarget): boolean {
  return identityOf(calibration) === identityOf(target);
}

/** A target as a text; the same for the same target only. */
export function identityOf({ provider, model, prompt, labels }: CalibrationTarget): string {
  return JSON.stringify([provider, model, prompt, labels]);
}
