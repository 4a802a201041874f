import { ChoraleError } from './chorale-error.js';

/** No way leads on: the chosen route has no handler, or no edge of a node is true. */
export class RouteError extends ChoraleError {
  readonly code = 'CHORALE_ROUTE';
  constructor(
    /** What is left without a way, as in `node review` or `route`. */
    readonly subject: string,
    readonly problem: string,
    /** The routes that there are, or the edges that were tried. */
    readonly known: readonly string[],
  ) {
    super(`${subject}: ${problem} (known: ${known.length === 0 ? 'none' : known.join(', ')})`);
  }
}
