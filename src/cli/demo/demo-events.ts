import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCodeOf } from '../../foundation/errors/chorale-error.js';
import type { DemoFlags } from '../flags.js';
import { type EventsOutput, openEvents } from '../open-events.js';

/** Where the demo's events go. */
export interface DemoEvents extends EventsOutput {
  /** For people, as a sentence. */
  readonly says: string;
}

const form = 'pino';

/**
 * Opens the demo's events: where `--events` says, else on stderr. Where stderr is a terminal the story would drown in them:
 * they go to a new file in the folder for temporary files, which replaces no other one.
 * @throws OutputError
 */
export async function openDemoEvents({ events }: DemoFlags, signal: AbortSignal): Promise<DemoEvents> {
  if (events === '-' || (events === undefined && !process.stderr.isTTY)) {
    return { ...(await openEvents('-', form)), says: 'Events go to stderr, one JSON object a line (observer: pino).' };
  }
  if (events !== undefined) return toFile(events, signal);
  try {
    return await toFile(join(mkdtempSync(join(tmpdir(), 'chorale-demo-')), 'events.jsonl'), signal);
  } catch (error) {
    const says = `Events are not written: ${tmpdir()} cannot be used (${systemCodeOf(error) ?? 'no such folder'}); say where with --events FILE.`;
    return { ...(await openEvents(undefined, form)), says };
  }
}

async function toFile(path: string, signal: AbortSignal): Promise<DemoEvents> {
  return {
    ...(await openEvents(path, form, signal)),
    says: `Events go to ${path}, one JSON object a line (observer: pino).`,
  };
}
