import { ChoraleError, defineErrors, type Remedy, renderRemedy } from '../foundation/errors/chorale-error.js';

export const budgetErrors = defineErrors({
  CHORALE_BUDGET: { exitCode: 5, retryable: false, summary: 'The limit of tokens or cost of a run is reached.' },
  CHORALE_BUDGET_UNCOUNTED: {
    exitCode: 5,
    retryable: false,
    summary: 'A limit of tokens or cost is set, and the server counts no tokens.',
  },
});

declare module '../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof budgetErrors> {}
}

type LimitName = 'maxTokens' | 'maxCost';

/** The next request might exceed the limit of the run. */
export class BudgetError extends ChoraleError {
  readonly code = 'CHORALE_BUDGET';
  readonly remedy: Remedy;
  constructor(limit: LimitName, given: string, spent: string, next: string) {
    const remedy: Remedy = ['resume the run with a higher ', { option: limit }];
    super(
      `the limit of ${given} is reached: ${spent} are used, and the next request may take ${next}; ${renderRemedy(remedy)}`,
    );
    this.remedy = remedy;
  }
}

/** What nobody counts cannot be limited. */
export class BudgetUncountedError extends ChoraleError {
  readonly code = 'CHORALE_BUDGET_UNCOUNTED';
  readonly remedy: Remedy;
  constructor(limits: readonly LimitName[]) {
    const remedy: Remedy = ['run without ', ...limits.flatMap((option, at) => [...(at ? [' and '] : []), { option }])];
    super(`the server counts no tokens, so that no limit can be kept; ${renderRemedy(remedy)}`);
    this.remedy = remedy;
  }
}
