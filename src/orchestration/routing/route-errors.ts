import { ChoraleError, defineErrors } from '../../foundation/errors/chorale-error.js';
import { unsavedNote } from '../unsaved-note.js';

export const routeErrors = defineErrors({
  CHORALE_ROUTE: { exitCode: 5, retryable: false, summary: 'No route or edge leads on.' },
});

declare module '../../foundation/errors/chorale-error.js' {
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
