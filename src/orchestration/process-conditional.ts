import { createAbortController } from '../foundation/abort.js';
import { ChoraleError, defineErrors, InvalidOptionError, messageOf } from '../foundation/errors/chorale-error.js';
import { type Failure, failureOf, type Observer } from '../foundation/events/event.js';
import { createEmit } from '../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../foundation/runtime.js';
import { didYouMean } from '../foundation/text/message-text.js';
import { requireFunction, requireSignal } from './require-option.js';
import { unsavedNote } from './unsaved-note.js';

export const routeErrors = defineErrors({
  CHORALE_CONDITIONAL: { exitCode: 5, retryable: false, summary: 'A predicate or the handler of a route failed.' },
  CHORALE_ROUTE: { exitCode: 5, retryable: false, summary: 'No route or edge matches.' },
});

declare module '../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof routeErrors> {}
}

/** What there was no way for. */
export interface RoutePosition<S> {
  /** The state that was to be routed. */
  readonly state: S;
  /** The node whose edges were tried. @default null: it was a call of `processConditional` */
  readonly node?: string | undefined;
  /** The nodes of the run that were started, in order. @default none */
  readonly path?: readonly string[] | undefined;
  /** Why the checkpoint of this ending could not be written. @default undefined: it was, or none is kept */
  readonly unsaved?: unknown;
}

/** No way leads on: the chosen route has no handler, or no edge of a node is true. */
export class RouteError<S = unknown> extends ChoraleError {
  readonly code = 'CHORALE_ROUTE';
  readonly state: S;
  readonly node: string | null;
  readonly path: readonly string[];
  readonly unsaved: unknown;

  constructor(
    /** What is left without a way, as in `graph 'deploy', node 'review'` or `route`. */
    readonly subject: string,
    readonly problem: string,
    /** The routes that there are, or the edges that were tried. */
    readonly known: readonly string[],
    position: RoutePosition<S>,
  ) {
    super(`${subject}: ${problem} (known: ${known.join(', ') || 'none'})${unsavedNote(position.unsaved)}`);
    this.state = position.state;
    this.node = position.node ?? null;
    this.path = position.path ?? [];
    this.unsaved = position.unsaved;
  }
}

/** The predicate, or the handler of the chosen route, failed. `cause` is what it threw. */
export class ConditionalError extends ChoraleError {
  readonly code = 'CHORALE_CONDITIONAL';
  constructor(
    /** The chosen route; null if the predicate failed. */
    readonly route: string | null,
    /** The routes that have a handler. */
    readonly known: readonly string[],
    override readonly cause: unknown,
  ) {
    const what = route === null ? 'the predicate' : `route '${route}'`;
    super(`${what} failed: ${messageOf(cause)} (known routes: ${known.join(', ') || 'none'})`, { cause });
  }
}

/** Events of conditional routing. Each `route.evaluate` is followed by exactly one `route.execute`, on every path. */
export interface RouteEvents {
  /** Before the predicate is called. `route_count` is the number of handlers, the default not included. */
  'route.evaluate': { readonly route_count: number };
  /** What the predicate answered, known or not; null if that is not a text. */
  'route.select': { readonly route: string | null; readonly has_default: boolean };
  /** After the handler. `route` is null if the predicate gave none. */
  'route.execute': { readonly route: string | null } & Failure;
}

declare module '../foundation/events/event.js' {
  interface EventData extends RouteEvents {}
}

/** What a predicate receives besides the state. */
export interface PredicateContext {
  /** Aborted when the caller stops the call. */
  readonly signal: AbortSignal;
}

/** What a handler receives besides the state. */
export interface RouteContext<K extends string = string> extends PredicateContext {
  /** What the predicate answered. */
  readonly route: K;
}

/** Chooses a route by its name. */
export type RoutePredicate<S, K extends string = string> = (state: S, context: PredicateContext) => K | PromiseLike<K>;

/** Does the work of one route. */
export type RouteHandler<S, R, K extends string = string> = (state: S, context: RouteContext<K>) => R | PromiseLike<R>;

/** What all calls take besides their routes. */
interface CallOptions {
  /** Stops the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Clock. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

/** What a handler of the type `F` gives; of a union, what one of them gives. */
export type RouteResult<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** Routes and options where every route that the predicate may name has a handler. Each may give another type. */
export interface CompleteRoutes<K extends string, F> extends CallOptions {
  /** The handlers, by the name of their route. */
  readonly handlers: { readonly [P in K]: F };
  readonly default?: undefined;
}

/** Routes and options with a handler for the routes that have none of their own. */
export interface RoutesWithDefault<K extends string, F, D> extends CallOptions {
  readonly handlers: { readonly [P in K]?: F | undefined };
  readonly default: D;
}

const source = 'processConditional';
const conditionalOptions: OptionNames<RoutesWithDefault<string, unknown, unknown>> = {
  handlers: true,
  default: true,
  signal: true,
  observer: true,
  runtime: true,
};

/**
 * Asks a predicate for a route and gives what the handler of that route returns. The compiler checks the names of the
 * handlers against what the predicate returns.
 *
 * @throws RouteError when the route has no handler and there is no default; it names the known routes
 * @throws ConditionalError when the predicate or the handler fails
 * @throws the signal's reason when the caller stopped the call before the handler succeeded
 * @throws InvalidOptionError, UnknownObserverError before any work
 *
 * @example
 * const size = await processConditional(7, (n) => (n > 5 ? 'large' : 'small'), {
 *   handlers: { large: (n) => `${n} is large`, small: (n) => `${n} is small` },
 * });
 * console.log(size); // '7 is large'
 */
export function processConditional<S, K extends string, F extends RouteHandler<S, unknown, K>>(
  state: S,
  predicate: RoutePredicate<S, K>,
  options: CompleteRoutes<K, F>,
): Promise<RouteResult<F>>;
export function processConditional<
  S,
  K extends string,
  F extends RouteHandler<S, unknown, K>,
  D extends RouteHandler<S, unknown, K>,
>(
  state: S,
  predicate: RoutePredicate<S, K>,
  options: RoutesWithDefault<K, F, D>,
): Promise<RouteResult<F> | RouteResult<D>>;
export async function processConditional<S>(
  state: S,
  predicate: RoutePredicate<S>,
  options: CallOptions & {
    readonly handlers: Readonly<Record<string, RouteHandler<S, unknown> | undefined>>;
    readonly default?: RouteHandler<S, unknown> | undefined;
  },
): Promise<unknown> {
  requireKnown<object>(source, options, conditionalOptions);
  const { signal: caller, runtime = nodeRuntime } = options;
  const signal = caller ?? createAbortController().signal;
  requireFunction('predicate', predicate);
  requireSignal('signal', caller);
  const handlers = readHandlers<RouteHandler<S, unknown>>(options);
  const fallback = options.default;
  const emit = createEmit(options.observer, source, () => runtime.wallTime());
  const known = [...handlers.keys()];

  let route: string | null = null;
  /** The route in events: an untyped predicate may return anything, even values that JSON cannot hold. */
  let named: string | null = null;
  let missing: RouteError | undefined;
  emit?.('route.evaluate', { route_count: handlers.size });
  try {
    signal.throwIfAborted();
    const chosen = await predicate(state, { signal });
    signal.throwIfAborted();
    route = chosen;
    named = typeof chosen === 'string' ? chosen : null;
    emit?.('route.select', { route: named, has_default: fallback !== undefined });
    const handler = handlers.get(route) ?? fallback;
    if (!handler) {
      missing = new RouteError('route', `no handler for ${quoted(route, known)}`, known, { state });
      throw missing;
    }
    const result = await handler(state, { route, signal });
    emit?.('route.execute', { route: named, error: false });
    return result;
  } catch (thrown) {
    const error = endOf(thrown, { missing, route, known, caller });
    emit?.('route.execute', { route: named, ...failureOf(error, true) });
    throw error;
  }
}

/** How far a call had come when something was thrown. */
interface End {
  /** Why there is no handler, if that is the error. */
  readonly missing: RouteError | undefined;
  readonly route: string | null;
  readonly known: readonly string[];
  readonly caller: AbortSignal | undefined;
}

/** What the call rejects with. After an abort, whatever is thrown is a consequence of it. */
function endOf(thrown: unknown, { missing, route, known, caller }: End): unknown {
  if (caller?.aborted) return caller.reason;
  return missing ?? new ConditionalError(route, known, thrown);
}

/** The handlers by their route. @throws InvalidOptionError when one of them, or the default, is no function */
export function readHandlers<H>(routes: {
  readonly handlers: Readonly<Record<string, H | undefined>>;
  readonly default?: unknown;
}): ReadonlyMap<string, H> {
  const { handlers, default: fallback } = routes;
  if (typeof handlers !== 'object' || handlers === null) {
    throw new InvalidOptionError('handlers', 'an object of functions by route', handlers);
  }
  if (fallback !== undefined) requireFunction('default', fallback);
  const found = new Map<string, H>();
  for (const [route, handler] of Object.entries(handlers)) {
    if (handler === undefined) continue;
    requireFunction(`handlers.${route}`, handler);
    found.set(route, handler);
  }
  return found;
}

/** The route as a person would write it: predicates without types may answer anything. */
function quoted(route: unknown, known: readonly string[]): string {
  return typeof route === 'string' ? `'${route}'${didYouMean(route, known)}` : typeof route;
}
