/** A condition on a numeric field of the summary, such as `macro_f1>=0.8`. */
export interface Threshold {
  /** Names of the nested fields, outermost first. */
  readonly path: readonly string[];
  readonly operator: '>=' | '<=' | '>' | '<' | '==' | '!=';
  readonly bound: number;
  /** As it was written. */
  readonly text: string;
}

/** Parses a condition; undefined when it is none. */
export function parseThreshold(text: string): Threshold | undefined {
  const parts = /^\s*([A-Za-z_][\w.-]*)\s*(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*$/.exec(text);
  const [, field, operator, bound] = parts ?? [];
  if (field === undefined || operator === undefined || bound === undefined) return undefined;
  return { path: field.split('.'), operator: operator as Threshold['operator'], bound: Number(bound), text };
}

/** The numeric field that a threshold is about: a number, null (the run gave none), or undefined (no such field). */
export function fieldOf(value: unknown, path: readonly string[]): number | null | undefined {
  if (value === null) return null;
  if (path.length === 0) return typeof value === 'number' ? value : undefined;
  if (typeof value !== 'object') return undefined;
  const fields = new Map(Object.entries(value));
  // A label, which is a name of a field too, may contain dots itself.
  for (let length = 1; length <= path.length; length += 1) {
    const name = path.slice(0, length).join('.');
    if (fields.has(name)) return fieldOf(fields.get(name), path.slice(length));
  }
  return undefined;
}

/** `accuracy>=0.8 (it is 0.75)`. @param of whose value it is, as in ` for VARIANT` */
export function describeMiss({ text, path, bound }: Threshold, value: number | null, of = ''): string {
  if (value === null) return `${text.trim()} (it is not known${of}: ${path.join('.')} is null)`;
  const rounded = Math.round(value * 1e6) / 1e6;
  return `${text.trim()} (it is ${rounded === bound ? value : rounded}${of})`;
}

/** Whether it says how many reviews may fail. Where it is met, failures do not make the run a failed one. */
export function isOnSuccessRate({ path }: Threshold): boolean {
  return path.join('.') === 'success_rate';
}

/** Whether a value meets a threshold. A value that the run could not give meets none. */
export function meets(value: number | null, { operator, bound }: Threshold): boolean {
  if (value === null) return false;
  switch (operator) {
    case '>=':
      return value >= bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '<':
      return value < bound;
    case '==':
      return value === bound;
    case '!=':
      return value !== bound;
  }
}
/** A condition on a metric of an experiment, such as `macro_f1>=0.8` or `few-shot: accuracy.lower>=0.75`. */
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

/** Two conditions that no result meets both; undefined if there are none. */
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
