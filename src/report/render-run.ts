import { renderDuration } from './render-duration.js';
import type { FailureView, RunView } from './run-views.js';
import { Table } from './table.js';
import { compact, plain } from './table-style.js';
import { clipped } from './visible.js';

const widest = 84;
const mostFailures = 20;

/** All that is known of a run: what it was, what came of it, what failed. Plain text, ending in a line break. */
export function renderRun(run: RunView): string {
  return `${[
    renderFacts(run),
    renderPairs('fingerprint', Object.entries(run.fingerprint.parts)),
    renderPairs('configuration', leaves(run.configuration)),
    ...(Object.keys(run.sentiment).length > 0 ? [renderLabels(run)] : []),
    ...(run.failures.length > 0 ? [renderFailures(run.failures)] : []),
    ...(run.summary ? [renderPairs('summary of the last session', figuresOf(run.summary))] : []),
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
  const table = new Table({ head: [title, ''], style: plain, chars: compact });
  for (const [name, value] of pairs) table.push([clipped(name, 36), clipped(value, widest - 12)]);
  return table.toString();
}

/** The values of a nested object, by dotted name. */
function leaves(object: Readonly<Record<string, unknown>>, prefix = ''): readonly (readonly [string, string])[] {
  return Object.entries(object).flatMap(([name, value]) =>
    isObject(value) ? leaves(value, `${prefix}${name}.`) : [[`${prefix}${name}`, textOf(value)] as const],
  );
}

/** What the other tables show already. */
const shownElsewhere = ['run_id', 'sentiment', 'errors', 'hosts'];

/** Those figures of a summary that are there. */
function figuresOf(summary: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
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
  const table = new Table({
    head: ['sentiment', 'reviews', 'share'],
    style: plain,
    chars: compact,
    colAligns: ['left', 'right', 'right'],
  });
  for (const [label, { count, share }] of Object.entries(sentiment)) {
    table.push([clipped(label, 36), count, `${(share * 100).toFixed(1)} %`]);
  }
  return table.toString();
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
