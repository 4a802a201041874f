import type { MeanInterval } from '../foundation/statistics/mean-interval.js';
import { plural } from '../foundation/text/message-text.js';
import type { Slots } from '../measure/doctor/probes.js';
import type { SweepSummary, SweptLevel } from '../measure/sweep/summarize-sweep.js';
import { percent, percentRange, renderDuration, renderRate } from './format-values.js';

/** What the sentences need besides the summary. */
export interface SweepContext {
  /** Undefined where it was not probed. */
  readonly slots: Slots | undefined;
  /** Rows of the data set; undefined without one. */
  readonly rows: number | undefined;
}

/** From this share of its time before the first token on, a request mainly reads its prompt. */
const mostlyPrefill = 0.6;
/** A difference of the number in flight from the number of workers that shows a load that is not steady. */
const unsteady = 0.15;
/** Share of one processor from which the client may be what limits the throughput. */
const busyClient = 0.7;

/** What a sweep shows, as sentences: the most important one first. */
export function describeSweep(summary: SweepSummary, { slots, rows }: SweepContext): readonly string[] {
  const { levels, recommended } = summary;
  const best = levels.find(({ workers }) => workers === recommended);
  if (!best) return ['No request was answered, so that nothing can be said about the number of workers.'];
  return [
    ...recommendation(best, levels),
    ...slotSentence(slots),
    ...effects(best, levels),
    ...bottleneck(best, levels),
    ...estimates(best, levels, rows),
    ...agreements(levels),
    ...failures(levels),
    ...doubts(summary),
    ...law(summary),
  ];
}

function recommendation({ workers }: SweptLevel, levels: readonly SweptLevel[]): readonly string[] {
  const most = levels.at(-1)?.workers ?? workers;
  const within = 'the fewest whose throughput is within 5 % of the best';
  const beyond = workers === most ? '; more were not measured' : `; up to ${plural(most, 'worker')} were measured`;
  return [`Use ${plural(workers, 'worker')}: ${within}${beyond}.`];
}

function slotSentence(slots: Slots | undefined): readonly string[] {
  if (!slots) return [];
  const { count, atLeast, sent } = slots;
  if (atLeast) return [`The server works on at least ${plural(count, 'request')} at a time (${sent} were sent).`];
  return [`The server works on ${plural(count, 'request')} at a time.`];
}

/** What the recommended and the largest number of workers brought. */
function effects(best: SweptLevel, levels: readonly SweptLevel[]): readonly string[] {
  const one = levels.find(({ workers }) => workers === 1);
  const last = levels.at(-1);
  const shown = [...new Set([best, ...(last ? [last] : [])])].filter(({ workers }) => workers > 1);
  return shown.flatMap((level) => {
    if (!level.speedup) return [];
    const waiting = addedMs(level, one);
    const added = waiting === null ? '' : `, and ${waiting}`;
    const { workers } = level;
    return [`${plural(workers, 'worker')} gave ${times(level.speedup)} the throughput of one${added}.`];
  });
}

function addedMs(level: SweptLevel, one: SweptLevel | undefined): string | null {
  const [queue, before] = [level.queue?.mean, one?.queue?.mean];
  if (queue !== undefined && before !== undefined) {
    const more = queue - before;
    return more < 0.05 * (level.latency?.mean ?? 0)
      ? 'made requests wait no longer'
      : `added ${renderDuration(more)} of waiting to each request`;
  }
  const latency = (level.latency?.mean ?? 0) - (one?.latency?.mean ?? 0);
  return one?.latency && level.latency ? `each request took ${renderDuration(Math.max(0, latency))} longer` : null;
}

function times({ value, interval }: MeanInterval): string {
  const range = interval ? ` (95 % ${interval.lower.toFixed(2)}–${interval.upper.toFixed(2)})` : '';
  return `${value.toFixed(2)} ×${range}`;
}

/** What a request spends its time on, where more workers bring nothing. */
function bottleneck(best: SweptLevel, levels: readonly SweptLevel[]): readonly string[] {
  const largest = Math.max(...levels.map(({ speedup }) => speedup?.value ?? 0));
  const { prefillShare } = levels.find(({ workers }) => workers === 1) ?? best;
  if (largest >= 1.5 || prefillShare === null || levels.length < 2) return [];
  if (prefillShare < mostlyPrefill) {
    return [
      `More workers bring little, and ${percent(1 - prefillShare, 0)} of a request's work is writing tokens: shorter answers help.`,
    ];
  }
  return [
    `More workers bring little, and ${percent(prefillShare, 0)} of a request's work lies before its first token: a shorter prompt, or more of it that is the same for every row, helps.`,
  ];
}

function estimates(best: SweptLevel, levels: readonly SweptLevel[], rows: number | undefined): readonly string[] {
  if (rows === undefined) return [];
  const last = levels.findLast(({ perSecond }) => perSecond !== null);
  const shown = [...new Set([best, ...(last ? [last] : [])])];
  const parts = shown.flatMap(({ workers, perSecond }) => {
    if (!perSecond) return [];
    const time = (rate: number) => renderDuration((1_000 * rows) / rate);
    const { value, interval } = perSecond;
    const range = interval ? ` (95 % ${time(interval.upper)} to ${time(interval.lower)})` : '';
    return [`${time(value)}${range} with ${plural(workers, 'worker')}`];
  });
  return [`The ${plural(rows, 'row')} of the data take ${parts.join(', ')}.`];
}

function agreements(levels: readonly SweptLevel[]): readonly string[] {
  const known = levels.flatMap(({ workers, agreement }) => (agreement && workers > 1 ? [{ workers, agreement }] : []));
  if (known.length === 0) return [];
  const differing = known.filter(({ agreement }) => agreement.same < agreement.compared);
  const compared = Math.min(...known.map(({ agreement }) => agreement.compared));
  if (differing.length === 0) return [`The labels do not depend on the number of workers (${compared} compared each).`];
  return differing.map(({ workers, agreement: { same, compared: count, interval } }) => {
    const differ = { lower: 1 - interval.upper, upper: 1 - interval.lower };
    return `With ${plural(workers, 'worker')} ${count - same} of ${plural(count, 'label')} differ from those of one (95 % ${percentRange(differ)}).`;
  });
}

function failures(levels: readonly SweptLevel[]): readonly string[] {
  return levels
    .filter(({ failed }) => failed > 0)
    .map(({ workers, failed, answered, failures: kinds }) => {
      const codes = [...kinds].map(([code, count]) => `${code} ${count}`).join(', ');
      return `With ${plural(workers, 'worker')} ${failed} of ${plural(failed + answered, 'request')} failed (${codes}).`;
    });
}

/** What makes the metrics less reliable. */
function doubts({ levels, isRepeating }: SweepSummary): readonly string[] {
  const uneven = levels.filter(
    ({ workers, steadyInFlight }) => steadyInFlight !== null && Math.abs(steadyInFlight / workers - 1) > unsteady,
  );
  const busy = levels.filter(({ clientCpu }) => (clientCpu ?? 0) > busyClient);
  const few = levels.filter(({ workers, answered, repeats }) => answered < 3 * workers * repeats);
  const list = (some: readonly SweptLevel[]) => some.map(({ workers }) => workers).join(', ');
  return [
    ...(few.length > 0 ? [`Too few requests for a reliable throughput: with ${list(few)} workers.`] : []),
    ...(uneven.length > 0 ? [`The load was not steady with ${list(uneven)} workers: measure longer.`] : []),
    ...(busy.length > 0
      ? [`This process itself was busy with ${list(busy)} workers: it may be what limits the throughput.`]
      : []),
    ...(isRepeating ? ['There were too few rows: they came again, with a number in front of the text.'] : []),
  ];
}

function law({ law: fitted }: SweepSummary): readonly string[] {
  if (!fitted) return [];
  const { sigma, kappa, peak } = fitted;
  const top = peak === null ? 'no peak' : `peak at ${Math.round(peak)} workers`;
  return [
    `Universal Scalability Law: contention ${percent(sigma)}, coherency ${percent(kappa, 2)}, ${top} (largest error ${percent(fitted.worstError)}).`,
  ];
}

/** A throughput with its interval. */
export function rateWithInterval(rate: MeanInterval | null): string {
  if (!rate) return '–';
  const { value, interval } = rate;
  return interval
    ? `${renderRate(value)} (${renderRate(interval.lower)}–${renderRate(interval.upper)})`
    : renderRate(value);
}
