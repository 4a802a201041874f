import { QuantileSketch } from '../../foundation/statistics/quantile-sketch.js';
import type { Agent } from '../agent.js';

/** Number of answers from which the median is meaningful. */
const fewestMasses = 10;

/** Number of first answers with probabilities, even if the prompt requests none. */
export const probedAnswers = 12;

/**
 * Below it, a model does not want to answer with a label. With SmolLM2 (135M) the median is 2e-6 and 1e-8 behind a chat
 * template that does not fit, and 0.95, 0.05 and 0.006 behind the right one (`label`, `enum`, `json`).
 */
const leastMass = 0.001;

/** Tracks the label mass of the answers in constant memory. */
export class LabelMasses {
  private readonly masses = new QuantileSketch();
  private warning: string | undefined;

  /** @param fewest number of answers from which a warning is possible */
  constructor(
    private readonly agent: Agent,
    private readonly fewest: number = fewestMasses,
  ) {}

  /** The median; null if no answer has a mass. */
  get median(): number | null {
    return this.masses.quantile(0.5);
  }

  /**
   * Counts one answer.
   * @returns the warning, once, as soon as there is reason for it
   */
  add(mass: number | null): string | undefined {
    if (mass === null) return undefined;
    this.masses.add(mass);
    if (this.warning !== undefined || !this.isTiny()) return undefined;
    this.warning = massWarning(this.median ?? 0, this.agent);
    return this.warning;
  }

  /** The warning for the reader of the answers. */
  warnings(): readonly string[] {
    return this.warning !== undefined && this.isTiny() ? [this.warning] : [];
  }

  private isTiny(): boolean {
    return this.masses.count >= this.fewest && isTinyMass(this.median ?? 0);
  }
}

/** Whether a label mass shows that the model does not want to answer with a label. */
export function isTinyMass(median: number): boolean {
  return median < leastMass;
}

/** The warning about a tiny label mass, with its remedy. */
function massWarning(median: number, agent: Agent): string {
  const shown = median < 1e-6 ? 'less than 0.000001' : String(Number(median.toPrecision(1)));
  const found = `the labels have ${shown} of the probability`;
  if (agent.requestFor('').input.kind === 'completion') {
    return `this model probably does not answer this prompt with a label: ${found}; do not rely on its answers, try another prompt or model`;
  }
  return (
    `the template of this model probably does not fit: ${found}; do not rely on its answers, give ${agent.model.name} the ` +
    'chat template of its makers, or use a completion prompt such as sentiment-completion, which needs no template'
  );
}
