import type { QualitySummary } from '../analysis/label-comparison.js';
import type { ConfidenceSummary, FailureCount, Summary } from '../analysis/summary.js';
import type { Calibration } from '../classify/calibration/calibration.js';
import type { Interval } from '../foundation/statistics/proportions.js';
import { blankControls } from '../foundation/text/control-characters.js';
import type { HostMetrics } from '../model/model.js';
import { durationOrDash, percent, renderDuration, share } from './format-values.js';
import { renderFields } from './render-fields.js';
import { compactTable, plain, Table } from './table.js';
import { paint } from './terminal-text.js';

/** The tables of a run: labels, metrics, failures by category. Ends in a line break. */
export function renderSummary(summary: Summary): string {
  const labels = Object.keys(summary.sentiment).length > 0 ? [renderLabels(summary)] : [];
  const tables = [...labels, ...renderFields(summary), renderMetrics(summary)];
  const { per_class, confusion } = summary;
  if (per_class && confusion) tables.push(renderQuality({ per_class, confusion }));
  if (summary.hosts && summary.hosts.length > 1) tables.push(renderHosts(summary.hosts));
  if (summary.errors.length > 0) tables.push(renderFailures(summary));
  return `${tables.join('\n\n')}\n`;
}

function renderLabels({ sentiment }: Summary): string {
  const rows = Object.entries(sentiment).map(([label, { count, share }]) => [label, count, percent(share)]);
  return compactTable(['sentiment', 'reviews', 'share'], rows, { left: 1 });
}

/** The quality on the rows that were answered, where some failed. */
function answeredOnly({ failed, answered_only: quality }: Summary): readonly (readonly [string, string | null])[] {
  if (quality === undefined || failed === 0) return [];
  const rows = `${quality.rows} answered rows`;
  return [
    [`accuracy on the ${rows}`, withInterval(quality.accuracy, quality.accuracy_interval)],
    [`macro-F1 on the ${rows}`, withInterval(quality.macro_f1, quality.macro_f1_interval)],
  ];
}

function renderMetrics(summary: Summary): string {
  const { latency_ms: latency, queue_ms: queue, tokens } = summary;
  const rows: readonly (readonly [string, string | null])[] = [
    ['model', `${summary.provider} ${summary.model}`],
    ['prompt', summary.prompt],
    ['reviews', `${summary.items}`],
    ['answered', `${summary.succeeded} (${percentOrDash(summary.success_rate)})`],
    ['of these reused', count(summary.cached)],
    ['failed', failed(summary.failed)],
    ['skipped (blank)', count(summary.skipped)],
    ['cancelled', count(summary.cancelled)],
    ['not started', summary.not_started === null ? 'not counted' : count(summary.not_started)],
    ['accuracy (95 %)', withInterval(summary.accuracy, summary.accuracy_interval)],
    ['macro-F1 (95 %)', withInterval(summary.macro_f1, summary.macro_f1_interval)],
    ...answeredOnly(summary),
    ['majority baseline', summary.majority_baseline === undefined ? null : share(summary.majority_baseline)],
    ...confidenceRows(summary.confidence),
    ['duration', renderDuration(summary.duration_ms)],
    ['answered per second', summary.throughput_per_second?.toFixed(2) ?? '–'],
    [
      'latency p50 / p95 / p99',
      `${durationOrDash(latency.p50)} / ${durationOrDash(latency.p95)} / ${durationOrDash(latency.p99)}`,
    ],
    ['latency of the first wave', durationOrDash(latency.first)],
    ['workers', `${summary.workers}`],
    ['in flight (mean)', latency.mean === null ? '–' : summary.in_flight_mean.toFixed(2)],
    [
      "waiting in the server's queue p50 / p95",
      queue === null ? null : `${durationOrDash(queue.p50)} / ${durationOrDash(queue.p95)}`,
    ],
    ['estimated speedup', renderSpeedup(summary, 2)],
    ['tokens read / written', tokens.prompt === null ? null : `${tokens.prompt} / ${tokens.completion ?? '–'}`],
    ['cost', summary.cost === undefined ? null : cost(summary.cost)],
    ['retries', count(summary.retries)],
    [`too long for the context (${summary.long_reviews.strategy})`, count(summary.long_reviews.count)],
  ];
  return compactTable(
    [],
    rows.flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    { left: 1 },
  );
}

const speedupGaps: Readonly<Record<NonNullable<Summary['speedup_unknown']>, string>> = {
  'no queue time': 'no queue time known',
  'waiting uncertain': 'waiting cannot be distinguished from work',
  'never alone': 'not known how long one review takes alone',
};

/** The estimate, or a dash and why there is none. */
export function renderSpeedup(
  { estimated_speedup: speedup, speedup_unknown: gap, latency_ms }: Summary,
  digits: number,
): string {
  if (speedup !== null) return `${speedup.toFixed(digits)} ×`;
  return gap === undefined || latency_ms.mean === null ? '–' : `– (${speedupGaps[gap]})`;
}

function renderHosts(hosts: readonly HostMetrics[]): string {
  const limited = hosts.some(({ limit }) => limit !== undefined);
  const head = ['host', 'answered', 'share', 'failed', 'latency p50 / p95', 'at once'];
  const rows = hosts.map(({ server, latency_ms: latency, down_count, down_ms, limit, ...host }) => [
    blankControls(server),
    host.answered,
    percent(host.share),
    host.failed,
    `${durationOrDash(latency.p50)} / ${durationOrDash(latency.p95)}`,
    host.in_flight_max,
    ...(limited ? [limit ?? '–'] : []),
    down_count === 0 ? '–' : `${down_count} × (${renderDuration(down_ms)})`,
  ]);
  return compactTable([...head, ...(limited ? ['limit'] : []), 'down'], rows, { left: 1 });
}

function confidenceRows(confidence: ConfidenceSummary): readonly (readonly [string, string | null])[] {
  const { mean, temperature, accuracy_surest_80, accuracy_surest_50 } = confidence;
  const answers = countOfAnswers(confidence);
  if (mean === null) return [answers];
  const calibrated = temperature === null ? '' : ` (calibrated: temperature ${temperature.toFixed(3)})`;
  return [
    answers,
    [`mean confidence${calibrated}`, share(mean)],
    ...calibrationErrorRows(confidence),
    ['selective accuracy at 80 % coverage', accuracy_surest_80 === undefined ? null : share(accuracy_surest_80)],
    ['selective accuracy at 50 % coverage', accuracy_surest_50 === undefined ? null : share(accuracy_surest_50)],
  ];
}

/** The expected calibration error, and beside it that of a perfectly calibrated model; nothing without gold labels. */
function calibrationErrorRows(confidence: ConfidenceSummary): readonly (readonly [string, string | null])[] {
  const { expected_calibration_error: error, calibration_error_rows: rows } = confidence;
  const { calibration_error_interval: interval, calibration_error_if_perfect: perfect } = confidence;
  if (error === undefined) return [];
  const measured = confidence.temperature === null ? '' : `, ${rows} held-out rows`;
  return [
    [`expected calibration error (95 %${measured})`, withInterval(error, interval)],
    ['  of a perfectly calibrated model', perfectOf(perfect)],
  ];
}

/** Null if nothing was measured. */
function perfectOf(perfect: ConfidenceSummary['calibration_error_if_perfect']): string | null {
  if (!perfect || perfect.mean === null) return null;
  return `${share(perfect.mean)} (95 % at most ${share(perfect.upper, 2)})`;
}

/** How many answers have a confidence, and why the others have none; nothing where all have one, or none may. */
function countOfAnswers({ count: having, without }: ConfidenceSummary): readonly [string, string | null] {
  const reasons = Object.entries(without).filter(([, times]) => times > 0);
  const all = reasons.reduce((sum, [, times]) => sum + times, having);
  const list = reasons.map(([reason, times]) => `${times} ${reason.replace('_', ' ')}`).join(', ');
  return ['answers with a confidence', list === '' ? null : `${having} of ${all} (${list})`];
}

function renderFailures(summary: Summary): string {
  const width = 72;
  const table = new Table({
    head: ['failures', 'code', 'message'],
    style: plain,
    colWidths: [null, null, width + 2],
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  for (const failure of summary.errors)
    table.push([failure.count, paint(failure.code, 'bad'), blankControls(describeFailure(failure))]);
  return table.toString();
}

/** The message, with the rows that it came at first. */
function describeFailure({ message, count, examples }: FailureCount): string {
  // A message about rows has their places in it.
  const reviews = examples.filter(({ place }) => place === null).map(({ id }) => `review ${id}`);
  const more = count > reviews.length ? ', …' : '';
  return reviews.length === 0 ? message : `${message} (${reviews.join(', ')}${more})`;
}

/** Null if there are no gold labels. */
function withInterval(
  value: number | null | undefined,
  interval: { readonly [end in keyof Interval]: number | null } | undefined,
): string | null {
  if (value === undefined) return null;
  if (value === null || interval === undefined) return share(value);
  return `${share(value)} (${share(interval.lower, 2)}–${share(interval.upper, 2)})`;
}

/** Null for zero. */
function count(value: number): string | null {
  return value === 0 ? null : String(value);
}

function failed(times: number): string | null {
  return times === 0 ? null : paint(String(times), 'bad');
}

function cost({ amount, currency }: NonNullable<Summary['cost']>): string {
  return amount === null ? 'not known' : `${amount.toPrecision(4)} ${currency}`;
}

function percentOrDash(value: number | null): string {
  return value === null ? '–' : percent(value);
}

/** With more labels the confusion matrix is too wide for a table. */
const mostColumns = 6;

/** Each gold label with its metrics and, where there are few labels, what was answered. Plain text without colour. */
function renderQuality({ per_class, confusion }: Pick<QualitySummary, 'per_class' | 'confusion'>): string {
  const { labels, counts, unanswered } = confusion;
  const someFailed = unanswered.some((count) => count > 0);
  const answers = labels.length <= mostColumns ? labels.map((label) => `→ ${label}`) : [];
  const head = ['gold label', 'rows', 'precision', 'recall', 'F1', ...answers, ...(someFailed ? ['failed'] : [])];
  const rows = labels.map((label, index) => {
    const { precision = 0, recall = 0, f1 = 0, support = 0 } = per_class[label] ?? {};
    const matrix = answers.length > 0 ? (counts[index] ?? []) : [];
    const failed = someFailed ? [unanswered[index] ?? 0] : [];
    return [label, support, share(precision, 3), share(recall, 3), share(f1, 3), ...matrix, ...failed];
  });
  return compactTable(head, rows, { left: 1 });
}

/** The table of a calibration. Plain text without colour, ending in a line break. */
export function renderCalibration(calibration: Calibration, path: string): string {
  const { held_out: measured } = calibration;
  const error = measured.expected_calibration_error;
  const likelihood = measured.negative_log_likelihood;
  const { calibration_error_interval: interval, calibration_error_if_perfect: perfect } = measured;
  const ends = ({ lower, upper }: Interval) => `${lower.toFixed(4)}–${upper.toFixed(4)}`;
  const rows = [
    ['temperature', '1', calibration.temperature.toFixed(3)],
    ['expected calibration error', error.before.toFixed(4), error.after.toFixed(4)],
    ...(interval ? [['  95 %', ends(interval.before), ends(interval.after)]] : []),
    ...(perfect
      ? [['  of a perfectly calibrated model', perfect.before.mean.toFixed(4), perfect.after.mean.toFixed(4)]]
      : []),
    ['negative log-likelihood', likelihood.before.toFixed(4), likelihood.after.toFixed(4)],
  ];
  return (
    `${compactTable(['calibration', 'before', 'after'], rows, { left: 1 })}\n` +
    `Fitted on ${calibration.fitted_rows} rows, measured on ${measured.rows} others (accuracy ${measured.accuracy.toFixed(4)}).\n` +
    `Saved for later runs: ${path}\n`
  );
}
