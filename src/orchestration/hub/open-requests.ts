import { onAbort } from '../../foundation/abort.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Envelope } from './mailbox.js';
import type { Message } from './message.js';

/** A request that has no answer yet. */
export interface OpenRequest {
  readonly envelope: Envelope;
  resolve(response: Message<unknown, 'response'>): void;
  reject(error: unknown): void;
}

/** When a request ends without an answer. */
export interface RequestLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Called when time is up; the request is still open. */
  onTimeout(): void;
  /** Called when the caller aborts; the request is still open. */
  onAbort(reason: unknown): void;
}

/** The requests of a hub that have no answer yet, with their timers and listeners. */
export class OpenRequests {
  private readonly open = new Map<string, OpenRequest & { release(): void }>();

  constructor(private readonly runtime: Runtime) {}

  get size(): number {
    return this.open.size;
  }

  /** @throws InvalidOptionError when the very same message is open already */
  add(envelope: Envelope, limits: RequestLimits): Promise<Message<unknown, 'response'>> {
    const { id } = envelope.message;
    if (this.open.has(id)) throw new InvalidOptionError('message.id', 'the id of no open request', id);
    const { timeoutMs, signal, onTimeout } = limits;
    return new Promise((resolve, reject) => {
      const unwatch = onAbort(signal, limits.onAbort);
      const cancelTimer = Number.isFinite(timeoutMs) ? this.runtime.setTimer(timeoutMs, onTimeout) : undefined;
      const release = () => {
        unwatch();
        cancelTimer?.();
      };
      this.open.set(id, { envelope, resolve, reject, release });
    });
  }

  /** Takes a request out, so that it can be settled. */
  take(id: string): OpenRequest | undefined {
    const request = this.open.get(id);
    if (!request) return undefined;
    this.open.delete(id);
    request.release();
    return request;
  }

  /** Takes out all requests to or from an agent. */
  takeAbout(agent: string): OpenRequest[] {
    const isAbout = ({ envelope: { message } }: OpenRequest) => message.to === agent || message.from === agent;
    return [...this.open].flatMap(([id, request]) => (isAbout(request) ? (this.take(id) ?? []) : []));
  }

  takeAll(): OpenRequest[] {
    return [...this.open.keys()].flatMap((id) => this.take(id) ?? []);
  }
}
