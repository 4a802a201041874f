/** A condition on one variant, and whether it is met. */
export interface Check {
  readonly variant: string;
  /** As it was given. */
  readonly name: string;
  /** Why it is not met, in one line; null where it is. */
  readonly missed: string | null;
}
