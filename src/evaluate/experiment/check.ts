/** A condition on one variant, and whether it is met. */
export interface Check {
  readonly variant: string;
  /** Whether it says how many rows may fail: where it is met, failures of the variant are accepted. */
  readonly acceptsFailures?: boolean;
  /** As it was given. */
  readonly name: string;
  /** Why it is not met, in one line; null where it is. */
  readonly missed: string | null;
}

/** Whether conditions on how many rows may fail are given for a variant, and all are met. */
export function acceptsFailures(checks: readonly Check[], variant: string): boolean {
  const own = checks.filter((check) => check.variant === variant && check.acceptsFailures);
  return own.length > 0 && own.every(({ missed }) => missed === null);
}
