import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const framesKept = 12;

/** Makes a signal and does nothing else: its caller is who wants it. */
const factory = 'src/foundation/abort.ts';

/** Where something was done. */
export interface Place {
  readonly stack?: string;
}

/** The stack of whoever called `caller`; it costs little until somebody reads it. */
export function placeOf(caller: (...args: never[]) => unknown): Place {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = framesKept;
  const place: Place = {};
  Error.captureStackTrace(place, caller);
  Error.stackTraceLimit = stackTraceLimit;
  return place;
}

/** A chain of calls within the factory is no longer. */
const framesLookedAt = 6;

/** The file from which `caller` was called: a path in this repository, or of a library or Node. Cheaper than a place. */
export function callingFile(caller: (...args: never[]) => unknown): string | undefined {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = framesLookedAt;
  Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName());
  const holder: { readonly stack?: readonly (string | null)[] } = {};
  Error.captureStackTrace(holder, caller);
  const files = holder.stack ?? [];
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace;
  return files
    .map((file) => pathOf((file ?? '').replace('file://', '')))
    .find((path) => path !== '' && path !== factory);
}

/** The nearest file of this repository on the stack, and the line. */
export function describePlace(place: Place): string {
  const nearest = framesOf(place).find(({ path }) => isOurs(path) && path !== factory);
  return nearest ? `at ${nearest.path}:${nearest.line}` : `by\n${place.stack}`;
}

function isOurs(path: string): boolean {
  return !path.startsWith('/') && !path.includes('node_modules/') && !path.startsWith('node:');
}

/** Within this repository, where it is there. */
function pathOf(path: string): string {
  return path.startsWith(root) ? path.slice(root.length) : path;
}

function framesOf(place: Place): { readonly path: string; readonly line: string }[] {
  const frames = [
    ...(place.stack ?? '').matchAll(
      /(?:\(|at |async )(?:file:\/\/)?((?:\/|node:)[^():]*|[A-Z]:[^():]*):(\d+):\d+\)?$/gm,
    ),
  ];
  return frames.map(([, path = '', line = '']) => ({
    path: pathOf(path),
    line,
  }));
}
