import { meets, parseThreshold, type Threshold } from './threshold.js';

/** A condition on a figure of an experiment, such as `macro_f1>=0.8` or `few-shot: accuracy.lower>=0.75`. */
export interface VariantThreshold extends Threshold {
  /** The name of a variant, `every`, or null for the best one. */
  readonly variant: string | null;
}

/** Parses a condition; undefined when it is none. */
export function parseVariantThreshold(text: string): VariantThreshold | undefined {
  const operator = text.search(/[<>=!]=|[<>]/);
  const colon = text.lastIndexOf(':', operator);
  const threshold = parseThreshold(text.slice(colon + 1));
  const variant = colon < 0 ? null : text.slice(0, colon).trim();
  return threshold && variant !== '' ? { ...threshold, text: text.trim(), variant } : undefined;
}

/** Two conditions that no result meets both; undefined where there are none. */
export function findContradiction(
  thresholds: readonly VariantThreshold[],
): readonly [VariantThreshold, VariantThreshold] | undefined {
  for (const [index, one] of thresholds.entries()) {
    const other = thresholds.slice(index + 1).find((later) => sameFigure(one, later) && !canBothHold(one, later));
    if (other) return [one, other];
  }
  return undefined;
}

function sameFigure(a: VariantThreshold, b: VariantThreshold): boolean {
  const sameVariant = a.variant === b.variant || a.variant === 'every' || b.variant === 'every';
  return sameVariant && a.path.join('.') === b.path.join('.');
}

/** What two conditions on a number allow has its ends at their bounds: a number there, between or beside them tells. */
function canBothHold(a: Threshold, b: Threshold): boolean {
  const between = (a.bound + b.bound) / 2;
  const candidates = [a.bound, b.bound, between, Math.min(a.bound, b.bound) - 1, Math.max(a.bound, b.bound) + 1];
  return candidates.some((value) => meets(value, a) && meets(value, b));
}
