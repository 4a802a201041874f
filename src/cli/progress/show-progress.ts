import { isInteractive, tell } from '../standard-streams.js';
import { noProgress, type Progress, type ProgressDisplay } from './progress.js';
import { renderBar, renderProgress } from './render-progress.js';

const redrawEveryMs = 100;
const lineEveryMs = 5_000;

/** A live bar on a terminal, a plain line every few seconds elsewhere, nothing with `--quiet`. On stderr. */
export function showProgress(quiet: boolean): ProgressDisplay {
  if (quiet) return noProgress;
  return isInteractive(process.stderr) ? liveBar() : plainLines();
}

function liveBar(): ProgressDisplay {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let latest: Progress | undefined;
  const draw = (progress: Progress) =>
    process.stderr.write(`\r${renderBar(progress, process.stderr.columns || 80)}\u001b[K`);
  return {
    update(progress) {
      latest = progress;
      if (progress.elapsedMs - drawnAt < redrawEveryMs) return;
      drawnAt = progress.elapsedMs;
      draw(progress);
    },
    end() {
      if (!latest) return;
      draw(latest);
      process.stderr.write('\n');
      latest = undefined;
      drawnAt = Number.NEGATIVE_INFINITY;
    },
  };
}

function plainLines(): ProgressDisplay {
  let toldAt = 0;
  return {
    update(progress) {
      if (progress.elapsedMs - toldAt < lineEveryMs) return;
      toldAt = progress.elapsedMs;
      tell(renderProgress(progress));
    },
    end() {
      toldAt = 0;
    },
  };
}
