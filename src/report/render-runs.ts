import { basename } from 'node:path';
import { percent, renderDuration, share } from './format-values.js';
import type { FailureView, RunEntry, RunView } from './run-views.js';
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
