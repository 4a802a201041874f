import { existsSync } from 'node:fs';
import { type BaselineResult, compareBaseline } from '../../evaluate/experiment/compare-baseline.js';
import { ExperimentError } from '../../evaluate/experiment/experiment-plan.js';
import type { Experiment } from '../../evaluate/experiment/run-experiment.js';
import { openRunArchive } from '../../store/runs/run-archive.js';

/** Stands for the newest run that is none of the experiment's own. */
const latest = 'latest';

/** Runs that were there before the experiment began, and may be its baseline. */
export interface BaselineChoice {
  /** Path of the store. */
  readonly store: string;
  /** The newest first. */
  readonly candidates: readonly string[];
  /** Whether a run of the experiment itself, which goes on, may be meant. */
  readonly mayBeOwn: boolean;
}

/**
 * Finds the runs that `--baseline` may mean, before anything is asked.
 * @throws RunUnknownError, ExperimentError where there is none
 */
export function findBaseline(wanted: string, store: string): BaselineChoice {
  if (!existsSync(store)) throw noRun(store);
  const archive = openRunArchive(store);
  try {
    if (wanted !== latest) return { store, candidates: [archive.find(wanted).id], mayBeOwn: true };
    const candidates = archive.list().filter(({ answered, failed }) => answered + failed > 0);
    if (candidates.length === 0) throw noRun(store);
    return { store, candidates: candidates.map(({ id }) => id), mayBeOwn: false };
  } finally {
    archive.close();
  }
}

/** Compares the best variant with the baseline; undefined where no variant was asked. @throws ExperimentError */
export function compareBest(
  { store, candidates, mayBeOwn }: BaselineChoice,
  { result, answers }: Experiment,
): BaselineResult | undefined {
  const [best] = result.best;
  if (best === undefined) return undefined;
  const own = result.variants.flatMap(({ runs }) => runs);
  const run = candidates.find((id) => mayBeOwn || !own.includes(id));
  if (run === undefined) throw noRun(store);
  const archive = openRunArchive(store);
  try {
    return compareBaseline(answers, best, { run, outcomes: archive.outcomes(run) });
  } finally {
    archive.close();
  }
}

function noRun(store: string): ExperimentError {
  return new ExperimentError(
    `there is no baseline: ${store} holds no earlier run`,
    'record one first, or say with --store FILE where it is',
  );
}
