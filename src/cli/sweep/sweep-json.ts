import type { MeanInterval } from '../../foundation/statistics/mean-interval.js';
import type { SweepSummary, SweptLevel } from '../../measure/sweep/summarize-sweep.js';
import { describeSweep, type SweepContext } from '../../report/describe-sweep.js';
import { publicHosts, type Settings } from '../options/settings.js';

/** A sweep as `--json` prints it. Times are in milliseconds, rates per second. */
export function sweepJson(summary: SweepSummary, context: SweepContext, settings: Settings, prompt: string) {
  const { levels, recommended, law, isRepeating } = summary;
  const { slots, rows } = context;
  return {
    provider: settings.provider,
    model: settings.model ?? null,
    hosts: publicHosts(settings),
    prompt,
    slots: slots ? { count: slots.count, at_least: slots.atLeast } : null,
    rows: rows ?? null,
    repeated_rows: isRepeating,
    recommended_workers: recommended,
    levels: levels.map(levelJson),
    scalability_law: law
      ? { gamma: law.gamma, sigma: law.sigma, kappa: law.kappa, peak: law.peak, worst_error: law.worstError }
      : null,
    findings: describeSweep(summary, context),
  };
}

function levelJson(level: SweptLevel) {
  const { agreement, failures } = level;
  return {
    workers: level.workers,
    repeats: level.repeats,
    per_second: meanJson(level.perSecond),
    speedup: meanJson(level.speedup),
    prompt_tokens_per_second: level.promptTokensPerSecond,
    completion_tokens_per_second: level.completionTokensPerSecond,
    answered: level.answered,
    failed: level.failed,
    failures: Object.fromEntries(failures),
    latency_ms: level.latency,
    first_token_ms: level.firstToken,
    inter_token_ms: level.interToken,
    queue_ms: level.queue,
    same_labels: agreement && { same: agreement.same, compared: agreement.compared, ...agreement.interval },
    in_flight: level.inFlight,
    steady_in_flight: level.steadyInFlight,
    client_share: level.clientShare,
    client_cpu: level.clientCpu,
    prefill_share: level.prefillShare,
    ended_by: level.endedBy,
  };
}

function meanJson(mean: MeanInterval | null) {
  return mean && { value: mean.value, lower: mean.interval?.lower ?? null, upper: mean.interval?.upper ?? null };
}
