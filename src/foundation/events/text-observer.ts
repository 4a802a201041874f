import { blankControls } from '../text/control-characters.js';
import type { Event, Observer } from './event.js';

/**
 * Writes events as short lines for people: time (UTC), type, and what is known about it.
 * @param options.write receives each line with its line break. @default to stderr
 */
export function textObserver(options: { readonly write?: (line: string) => void } = {}): Observer {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  // Answers of models are among the details, and must not steer a terminal.
  return { onEvent: (event) => write(`${blankControls(renderEvent(event))}\n`) };
}

function renderEvent(event: Event): string {
  const details = Object.entries(event.data).map(([key, value]) => `${key}=${renderValue(value)}`);
  return `${new Date(event.timestamp).toISOString().slice(11, 23)} ${event.type} ${details.join(' ')}`.trimEnd();
}

function renderValue(value: unknown): string {
  // Durations have more digits than people read.
  if (typeof value === 'number') return String(Math.round(value * 1_000) / 1_000);
  if (typeof value === 'string' && !/[\s"=]/.test(value)) return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A state may hold what is not JSON, and one line that says less is better than no further line.
    return '(no JSON)';
  }
}
