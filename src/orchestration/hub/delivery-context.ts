import { createAbortController } from '../../foundation/abort.js';
import type { HandlerContext, Hub } from './hub.js';

/** The context of one delivery. Its signal is made when a handler asks for it: most never do. */
export class DeliveryContext implements HandlerContext {
  private controller: AbortController | undefined;
  private ended: { readonly reason: unknown } | undefined;

  constructor(
    readonly hub: Hub,
    readonly agent: string,
  ) {}

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = createAbortController();
      if (this.ended) this.controller.abort(this.ended.reason);
    }
    return this.controller.signal;
  }

  /** Whether the message need not be handled any more. */
  get aborted(): boolean {
    return this.ended !== undefined;
  }

  abort(reason: unknown): void {
    this.ended ??= { reason };
    this.controller?.abort(reason);
  }
}
