import { isTinyMass } from '../../classify/confidence/label-masses.js';
import type { PromptMetrics } from './prompt-tally.js';

/** The prompt that suits best, and why. */
export interface PromptChoice {
  readonly chosen: string;
  /** For people: what decided. */
  readonly because: string;
}

/** Fewer rows with gold labels prove too little to decide. */
const fewestLabelled = 10;

/** Share of valid answers without which a prompt is not chosen for anything else. */
const fewestValid = 0.9;

/** Half the width of a 95 % interval, in standard errors. */
const errorsInHalf = 1.96;

/**
 * Chooses among prompts that were asked about the same rows, listed from the shortest answer to the longest.
 *
 * With gold labels: the shortest whose accuracy is within one standard error of the best (the one-standard-error rule:
 * L. Breiman et al., Classification and Regression Trees, 1984). The best is the one whose interval has the highest lower
 * end, so that few rows cannot win by luck.
 *
 * Without them accuracy cannot be known. A prompt is fit where nearly all its answers are valid, and where it does not give
 * every row one and the same label while another prompt tells rows apart, and where the labels have some of the probability,
 * as far as that is known. The shortest fit one is chosen.
 */
export function choosePrompt(prompts: readonly PromptMetrics[]): PromptChoice {
  const [first] = prompts;
  if (!first) throw new RangeError('no prompts to choose from');
  const measured = prompts.filter(({ accuracy, rows }) => accuracy !== null && rows >= fewestLabelled);
  return measured.length > 0 ? byAccuracy(measured) : byForm(prompts);
}

function byAccuracy(prompts: readonly PromptMetrics[]): PromptChoice {
  const lower = ({ accuracy }: PromptMetrics) => accuracy?.lower ?? 0;
  const best = prompts.reduce((one, other) => (lower(other) > lower(one) ? other : one));
  const { value = 0, lower: low = 0, upper = 1 } = best.accuracy ?? {};
  const least = value - (upper - low) / 2 / errorsInHalf;
  const chosen = prompts.find(({ accuracy }) => accuracy !== null && accuracy.value >= least) ?? best;
  const because =
    chosen === best
      ? 'its accuracy is the best of those tried'
      : `its accuracy is within one standard error of the best (${best.prompt}), and its answers are shorter`;
  return { chosen: chosen.prompt, because };
}

function byForm(prompts: readonly PromptMetrics[]): PromptChoice {
  const valid = ({ answered, rows }: PromptMetrics) => (rows === 0 ? 0 : answered / rows);
  const tellsApart = prompts.some((one) => !isOneLabel(one));
  const fit = prompts.filter(
    (one) => valid(one) >= fewestValid && !(tellsApart && isOneLabel(one)) && !isTinyMass(one.label_mass ?? 1),
  );
  const mostValid = prompts.reduce((one, other) => (valid(other) > valid(one) ? other : one));
  const chosen = fit[0] ?? mostValid;
  const because = fit.includes(chosen)
    ? 'of the prompts with valid answers it has the shortest'
    : valid(chosen) > 0
      ? 'it gives the most valid answers'
      : prompts.every(({ rows }) => rows === 0)
        ? 'no prompt was answered within the time, and its answers are the shortest'
        : 'no prompt gave a valid answer, and its answers are the shortest';
  return { chosen: chosen.prompt, because: `${because}; no measurement of accuracy` };
}

/** Every row has got the same label, and there were enough to tell. */
function isOneLabel({ answers, answered }: PromptMetrics): boolean {
  return answered >= 5 && Object.values(answers).some((count) => count === answered);
}
