import { basename } from 'node:path';
import type { DifferingPart } from '../analysis/fingerprint.js';
import type { RunComparison } from '../evaluate/compare-runs.js';
import { percent, renderDuration, share } from './format-values.js';
import { compactTable, plain, Table } from './table.js';
import { clipped } from './terminal-text.js';

const shortId = 8;

/** The first characters of a run's id, which usually identify it. */
export function shortRunId(id: string): string {
  return clipped(id.slice(0, shortId), shortId);
}

const runColumns = ['run', 'started (UTC)', 'command', 'status', 'answered', 'failed', 'rows', 'accuracy'];

/** Recorded runs as a table, in the order given. Ends in a line break. */
export function renderRunList(runs: readonly RunEntry[]): string {
  const rows = runs.map((run) => [
    shortRunId(run.run_id),
    renderMoment(run.started_at),
    clipped(run.command, 10),
    run.status,
    run.succeeded,
    run.failed,
    run.rows ?? '?',
    share(run.accuracy, 3),
    clipped(run.model ?? '–', 20),
    clipped(withoutHash(run.prompt ?? '–'), 20),
    clipped(renderInputNames(run.input.names), 24),
  ]);
  return `${compactTable([...runColumns, 'model', 'prompt', 'input'], rows, { left: 4, last: 3 })}\n`;
}

/** `2026-11-21 15:33` of an ISO moment. */
export function renderMoment(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

function withoutHash(prompt: string): string {
  return prompt.replace(/@[0-9a-f]{12}$/, '');
}

/** `reviews.csv +2` */
function renderInputNames(names: readonly string[]): string {
  const [first = '–'] = names;
  return names.length > 1 ? `${basename(first)} +${names.length - 1}` : basename(first);
}

const widest = 84;
const mostFailures = 20;

/** All facts of a run: origin, settings, results, failures. Ends in a line break. */
export function renderRun(run: RunView): string {
  return `${[
    renderFacts(run),
    renderPairs('fingerprint', Object.entries(run.fingerprint.parts)),
    renderPairs('configuration', leaves(run.configuration)),
    ...(Object.keys(run.sentiment).length > 0 ? [renderLabels(run)] : []),
    ...(run.failures.length > 0 ? [renderFailures(run.failures)] : []),
    ...(run.summary ? [renderPairs('summary of the last session', metricsOf(run.summary))] : []),
  ].join('\n\n')}\n`;
}

function renderFacts(run: RunView): string {
  const { input } = run;
  const took = durationOf(run.started_at, run.ended_at);
  return renderPairs('run', [
    ['id', run.run_id],
    ['command', run.command],
    ['status', run.status],
    ['started', run.started_at],
    ['ended', run.ended_at === null ? '–' : `${run.ended_at}${took}`],
    ...input.names.map((name) => ['input', name] as const),
    ['content (SHA-256)', input.digest ?? 'not known: it can be read only once'],
    ['rows of the input', input.rows === null ? 'not counted' : `${input.rows}`],
    ['columns and rows used', textOf(run.choice)],
    ['answered', `${run.succeeded}`],
    ['failed', `${run.failed}`],
    ['skipped (blank)', `${run.skipped}`],
  ]);
}

/** The time between two moments, pauses between sessions included. */
function durationOf(start: string, end: string | null): string {
  const ms = end === null ? Number.NaN : Date.parse(end) - Date.parse(start);
  return Number.isFinite(ms) && ms >= 0 ? ` (after ${renderDuration(ms)})` : '';
}

function renderPairs(title: string, pairs: readonly (readonly [name: string, value: string])[]): string {
  return compactTable(
    [title, ''],
    pairs.map(([name, value]) => [clipped(name, 36), clipped(value, widest - 12)]),
  );
}

/** The values of a nested object, by dotted name. */
function leaves(object: Readonly<Record<string, unknown>>, prefix = ''): readonly (readonly [string, string])[] {
  return Object.entries(object).flatMap(([name, value]) =>
    isObject(value) ? leaves(value, `${prefix}${name}.`) : [[`${prefix}${name}`, textOf(value)] as const],
  );
}

/** Fields that other tables show. */
const shownElsewhere = ['run_id', 'sentiment', 'errors', 'hosts'];

/** The metrics of a summary that have a value. */
function metricsOf(summary: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  const rest = Object.entries(summary).filter(([name]) => !shownElsewhere.includes(name));
  return leaves(Object.fromEntries(rest)).filter(([, value]) => value !== '–' && value !== '[]');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number' && !Number.isInteger(value)) return `${Number(value.toFixed(4))}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function renderLabels({ sentiment }: RunView): string {
  const rows = Object.entries(sentiment).map(([label, { count, share }]) => [
    clipped(label, 36),
    count,
    percent(share),
  ]);
  return compactTable(['sentiment', 'reviews', 'share'], rows, { left: 1 });
}

function renderFailures(failures: readonly FailureView[]): string {
  const table = new Table({
    head: ['failures', 'code', 'message', 'rows'],
    style: plain,
    colWidths: [null, null, 52, 24],
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  for (const { count, code, message, examples } of failures.slice(0, mostFailures)) {
    const ids = examples.map(({ id }) => clipped(id, 20)).join(', ');
    table.push([
      count,
      clipped(code ?? '–', 30),
      clipped(message ?? '–', 300),
      count > examples.length ? `${ids} …` : ids,
    ]);
  }
  const more = failures.length - mostFailures;
  return `${table.toString()}${more > 0 ? `\nand ${more} more kinds of failure` : ''}`;
}

/** A recorded run in short. The names are those of `chorale runs list --json`. */
export interface RunEntry {
  readonly run_id: string;
  readonly command: string;
  readonly status: string;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  /** Null while the run is being worked on, or where its process ended without a word. */
  readonly ended_at: string | null;
  /** Null if the run does not say. */
  readonly provider: string | null;
  readonly model: string | null;
  readonly prompt: string | null;
  readonly input: {
    /** Absolute paths, or `-`. */
    readonly names: readonly string[];
    /** SHA-256 in hex; null if the input can be read only once. */
    readonly digest: string | null;
    /** Null if it was not read beforehand. */
    readonly rows: number | null;
  };
  /** What is recorded. */
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  /** Rows that the run is over, after `--limit`, `--sample` and `--split`; null if they were not counted. */
  readonly rows: number | null;
  /** As the last session that ended gave it; null if there are no gold labels. */
  readonly accuracy: number | null;
}

/** Rows that failed in the same way. */
interface FailureView {
  readonly code: string | null;
  readonly message: string | null;
  readonly count: number;
  /** The first of them. */
  readonly examples: readonly { readonly index: number; readonly id: string }[];
}

/** All that is known of a run. The names are those of `chorale runs show --json`. */
export interface RunView extends RunEntry {
  /** Which columns and rows are used. */
  readonly choice: unknown;
  readonly fingerprint: { readonly hash: string; readonly parts: Readonly<Record<string, string>> };
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Counts by label, and shares of the answered rows. */
  readonly sentiment: Readonly<Record<string, { readonly count: number; readonly share: number }>>;
  /** The most frequent first. */
  readonly failures: readonly FailureView[];
  /** As the last session wrote it; null if none ended. */
  readonly summary: Readonly<Record<string, unknown>> | null;
}

/** Two runs side by side. The names are those of `chorale runs compare --json`. */
export interface ComparisonView extends RunComparison {
  readonly a: RunEntry;
  readonly b: RunEntry;
  readonly fingerprint: { readonly same: boolean; readonly differing: readonly DifferingPart[] };
  /** Whether the contents are the same; null if that is not known. */
  readonly same_input: boolean | null;
}
