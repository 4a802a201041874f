import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRows } from '../../data/read-rows.js';
import { systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { packageRoot } from '../../foundation/package-root.js';
import { type EventsOutput, openEvents } from '../open-events.js';
import type { DemoFlags } from '../options/command-options.js';
import type { Terminal } from '../terminal.js';

/** A review of the demo. */
export interface DemoReview {
  readonly product: string;
  readonly text: string;
}

const examples = fileURLToPath(new URL('examples/', packageRoot));

/** The configuration that the demo loads when none is named. */
export const demoConfig = `${examples}config.llama.json`;

/** The data set of the demo. */
export const demoInput = `${examples}reviews.csv`;

/** The twelve reviews of `examples/reviews.csv`. */
export async function loadDemoReviews(): Promise<DemoReview[]> {
  const reviews: DemoReview[] = [];
  for await (const { cells } of readRows([{ path: demoInput, format: 'csv' }])) {
    const [product, text] = cells;
    reviews.push({ product: String(product), text: String(text) });
  }
  return reviews;
}

/** Where the demo's events go. */
interface DemoEvents extends EventsOutput {
  /** For people, as a sentence. */
  readonly says: string;
}

const form = 'pino';

/**
 * Opens the demo's events: where `--events` says, else on stderr. Where stderr is a terminal the story would drown in them:
 * they go to a new file in the folder for temporary files, which replaces no other one.
 * @throws OutputError
 */
export async function openDemoEvents(
  { events }: DemoFlags,
  { io }: Terminal,
  signal: AbortSignal,
): Promise<DemoEvents> {
  if (events === '-' || (events === undefined && !io.stderr.isTTY)) {
    return {
      ...(await openEvents('-', form, io)),
      says: 'Events go to stderr, one JSON object a line (observer: pino).',
    };
  }
  if (events !== undefined) return toFile(events, io, signal);
  try {
    return await toFile(join(mkdtempSync(join(tmpdir(), 'chorale-demo-')), 'events.jsonl'), io, signal);
  } catch (error) {
    const says = `Events are not written: ${tmpdir()} cannot be used (${systemCodeOf(error) ?? 'no such folder'}); say where with --events FILE.`;
    return { ...(await openEvents(undefined, form, io)), says };
  }
}

async function toFile(path: string, io: Terminal['io'], signal: AbortSignal): Promise<DemoEvents> {
  return {
    ...(await openEvents(path, form, io, signal)),
    says: `Events go to ${path}, one JSON object a line (observer: pino).`,
  };
}
