import { createWriteStream, openSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { ConfigError, OutputError, systemCodeOf } from '../errors/index.js';
import {
  getObserver,
  noopObserver,
  type Observer,
  pinoObserver,
  shareObserver,
  textObserver,
} from '../events/index.js';

/** An observer that writes to a file or stderr until it is closed. */
export interface EventsOutput {
  readonly observer: Observer;
  close(): Promise<void>;
}

/**
 * Opens `--events` in the form that the configuration names (`pino`, its alias `slog`, or `text`).
 * @param target a path, `-` for stderr, or undefined for none
 * @throws UnknownObserverError, OutputError, ConfigError
 */
export function openEvents(target: string | undefined, form: string): EventsOutput {
  if (form !== 'pino' && form !== 'slog') getObserver(form);
  if (target === undefined) return { observer: noopObserver, close: async () => {} };
  if (form === 'noop') throw new ConfigError('parallel.observer', "is 'noop', which writes nothing to --events");
  const refuse = (cause: unknown): never => {
    const code = systemCodeOf(cause) ?? String(cause);
    throw new OutputError(target, `the events cannot be written there (${code})`, { cause });
  };
  try {
    const { observer, close } = form === 'text' ? textEvents(target) : jsonEvents(target);
    return { observer: shareObserver(observer), close: () => close().catch(refuse) };
  } catch (cause) {
    return refuse(cause);
  }
}

function jsonEvents(target: string): EventsOutput {
  const observer = pinoObserver({ destination: target === '-' ? 2 : target });
  return { observer, close: () => observer.close() };
}

function textEvents(target: string): EventsOutput {
  if (target === '-') return { observer: textObserver(), close: async () => {} };
  const stream = createWriteStream(target, { fd: openSync(target, 'w') });
  // A failed write is told by `close`.
  stream.on('error', () => {});
  return {
    observer: textObserver({ write: (line) => stream.write(line) }),
    close: () => finished(stream.end()),
  };
}
