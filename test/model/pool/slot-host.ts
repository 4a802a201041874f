import { linkAbort } from '../../../src/foundation/abort.js';
import type { Model, ModelAnswer, ModelRequest } from '../../../src/model/model.js';
import { ModelCutOffError, ModelUnavailableError } from '../../../src/model/model-errors.js';
import type { ManualClock } from '../../../src/testing/index.js';

/** What a host of a test is like. Times in milliseconds. */
export interface SlotHostOptions {
  readonly slots: number;
  /** Time for one question that does not wait. */
  readonly serviceMs: number | (() => number);
  readonly clock: ManualClock;
  /** Nobody listens at the beginning. */
  readonly dead?: boolean;
}

/** A model server on a manual clock: it works on so many questions at once, the others wait in its queue, in order. */
export interface SlotHost extends Model {
  readonly server: string;
  /** Subjects of the questions that were answered, in order. */
  readonly answered: readonly string[];
  /** Questions that reached it while it was alive. */
  readonly asked: number;
  readonly inFlight: number;
  readonly most: number;
  /** Calls of `prepare` so far. */
  readonly checks: number;
  /** Breaks all connections, and refuses new ones until it is revived. */
  kill(): void;
  revive(): void;
}

/** Makes a host; `name` is its server, as in `http://a`. */
export function slotHost(server: string, options: SlotHostOptions): SlotHost {
  return new QueueingHost(server, options);
}

/** A question about a text. */
export function about(subject: string): ModelRequest {
  return {
    input: { kind: 'completion', prompt: subject },
    subject,
    labels: ['positive', 'negative'],
    options: { maxOutputTokens: 1, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] },
  };
}

class QueueingHost implements SlotHost {
  readonly provider = 'slots';
  readonly name = 'slots';
  readonly caveat = null;
  readonly answered: string[] = [];
  asked = 0;
  inFlight = 0;
  most = 0;
  checks = 0;
  private dead: boolean;
  private busy = 0;
  private queue: (() => void)[] = [];
  private readonly breakers = new Set<() => void>();

  constructor(
    readonly server: string,
    private readonly options: SlotHostOptions,
  ) {
    this.dead = options.dead === true;
  }

  async prepare(_: ModelRequest, { signal }: { readonly signal: AbortSignal }) {
    signal.throwIfAborted();
    this.checks += 1;
    if (this.dead) throw this.refused();
    return { serverVersion: this.server, loadMs: 0 };
  }

  async ask({ subject }: ModelRequest, { signal }: { readonly signal: AbortSignal }): Promise<ModelAnswer> {
    signal.throwIfAborted();
    if (this.dead) throw this.refused();
    this.asked += 1;
    this.inFlight += 1;
    this.most = Math.max(this.most, this.inFlight);
    const connection = linkAbort(signal);
    const cut = () => connection.abort(new ModelCutOffError());
    this.breakers.add(cut);
    const sentAt = this.options.clock.now();
    try {
      await this.work(connection.signal);
      this.answered.push(subject);
      return answerOf(subject, this.options.clock.now() - sentAt);
    } finally {
      this.breakers.delete(cut);
      connection.release();
      this.inFlight -= 1;
    }
  }

  async close(): Promise<void> {}

  kill(): void {
    this.dead = true;
    for (const cut of [...this.breakers]) cut();
  }

  revive(): void {
    this.dead = false;
  }

  private refused(): ModelUnavailableError {
    return new ModelUnavailableError(this.server, 'connection refused');
  }

  /** Waits for a slot and holds it for the service time; gives it back when the connection breaks. */
  private async work(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const { serviceMs } = this.options;
      let undo = () => {
        this.queue = this.queue.filter((waiting) => waiting !== begin);
      };
      const begin = () => {
        this.busy += 1;
        const stop = this.options.clock.setTimer(typeof serviceMs === 'number' ? serviceMs : serviceMs(), () => {
          signal.removeEventListener('abort', broken);
          this.leaveSlot();
          resolve();
        });
        undo = () => {
          stop();
          this.leaveSlot();
        };
      };
      const broken = () => {
        undo();
        reject(signal.reason);
      };
      signal.addEventListener('abort', broken, { once: true });
      this.queue.push(begin);
      this.fillSlots();
    });
  }

  private leaveSlot(): void {
    this.busy -= 1;
    this.fillSlots();
  }

  private fillSlots(): void {
    while (this.busy < this.options.slots) {
      const begin = this.queue.shift();
      if (!begin) return;
      begin();
    }
  }
}

function answerOf(subject: string, totalMs: number): ModelAnswer {
  return {
    text: `answer to ${subject}`,
    finishReason: 'stop',
    usage: { promptTokens: null, completionTokens: null },
    durations: { totalMs, firstTokenMs: null, queueMs: null, loadMs: null },
    logprobs: null,
  };
}
