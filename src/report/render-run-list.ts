import { basename } from 'node:path';
import type { RunEntry } from './run-views.js';
import { share } from './show-number.js';
import { Table } from './table.js';
import { compact, plain } from './table-style.js';
import { clipped } from './visible.js';

const shortId = 8;

/** The first characters of a run's id: enough to name it, as a rule. */
export function shortRunId(id: string): string {
  return clipped(id.slice(0, shortId), shortId);
}

/** Recorded runs as a table, in the order given. Plain text without colour, ending in a line break. */
export function renderRunList(runs: readonly RunEntry[]): string {
  const table = new Table({
    head: [
      'run',
      'started (UTC)',
      'command',
      'status',
      'answered',
      'failed',
      'rows',
      'accuracy',
      'model',
      'prompt',
      'input',
    ],
    style: plain,
    chars: compact,
    colAligns: ['left', 'left', 'left', 'left', 'right', 'right', 'right', 'right', 'left', 'left', 'left'],
  });
  for (const run of runs) {
    table.push([
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
  }
  return `${table.toString()}\n`;
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
