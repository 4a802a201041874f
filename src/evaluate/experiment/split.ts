import { isHeldOut } from '../../classify/calibration/is-held-out.js';

/** The halves of labelled rows. */
export const splitNames = ['train', 'validation'] as const;

/** A half of the labelled rows: to choose prompts and examples with, or to measure them with. */
export type SplitName = (typeof splitNames)[number];

/**
 * The half to which a text belongs, by its content: copies of a text, in whatever case and spacing, are in one half
 * always, in every experiment. What a calibration was fitted on is the half `train`, too.
 */
export function splitOf(text: string): SplitName {
  return isHeldOut(text) ? 'validation' : 'train';
}
