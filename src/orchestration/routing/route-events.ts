import type { Failure } from '../../foundation/events/failure.js';

/** What conditional routing tells. Each `route.evaluate` is followed by exactly one `route.execute`, on every path. */
export interface RouteEvents {
  /** Before the predicate is asked. `route_count` is the number of handlers, the default not included. */
  'route.evaluate': { readonly route_count: number };
  /** What the predicate answered, known or not; null where that is no text. */
  'route.select': { readonly route: string | null; readonly has_default: boolean };
  /** After the handler. `route` is null where the predicate gave none. */
  'route.execute': { readonly route: string | null } & Failure;
}

declare module '../../foundation/events/event.js' {
  interface EventData extends RouteEvents {}
}
