import type { Runtime } from '../../foundation/runtime.js';

/** A batch is written when this many outcomes wait, */
const batchSize = 32;
/** or when the first of them has waited this long, in milliseconds. */
const longestWaitMs = 200;
/** The most outcomes that are accepted but not yet durable; beyond it `add` waits. */
const mostUnwritten = 64;

interface Room {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects items and writes them in batches, one at a time. Items that could not be written stay here, in
 * order, and every call is rejected until a `flush` has written them.
 */
export class GroupCommit<Item> {
  /** In the order in which they came; the first `flying` of them are being written. */
  private items: Item[] = [];
  private flying = 0;
  private flight: Promise<void> | undefined;
  private isDue = false;
  private cancelTimer: (() => void) | undefined;
  private failure: { readonly error: unknown } | undefined;
  private room: Room | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly write: (items: readonly Item[]) => Promise<void>,
  ) {}

  /** Takes an item, even if it rejects. A returned promise means: wait before the next item. */
  add(item: Item): Promise<void> | undefined {
    this.items.push(item);
    if (this.failure) return rejection(this.failure.error);
    this.cancelTimer ??= this.runtime.setTimer(longestWaitMs, () => {
      this.isDue = true;
      this.sendWhenTime();
    });
    this.sendWhenTime();
    if (this.items.length < mostUnwritten) return undefined;
    this.room ??= createRoom();
    return this.room.promise;
  }

  /** @throws the error of the last write, until a write succeeds */
  requireSound(): void {
    if (this.failure) throw this.failure.error;
  }

  /** Whether one of the items that have not been handed over is such. */
  hasWaiting(is: (item: Item) => boolean): boolean {
    return this.items.slice(this.flying).some(is);
  }

  /** Settles when everything is durable. What failed before is tried once more. */
  async flush(): Promise<void> {
    while (this.flight) await this.flight;
    this.failure = undefined;
    while (this.items.length > 0 && !this.failure) await (this.flight ?? this.send());
    this.requireSound();
  }

  /** Nothing is written any more, unless by `flush`. */
  stop(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
  }

  private sendWhenTime(): void {
    if (this.flight || this.failure || this.items.length === 0) return;
    if (this.isDue || this.items.length >= batchSize) void this.send();
  }

  private send(): Promise<void> {
    this.stop();
    this.isDue = false;
    const batch = [...this.items];
    this.flying = batch.length;
    this.flight = this.write(batch).then(
      () => this.land(batch.length),
      (error: unknown) => {
        this.failure = { error };
        this.land(0);
      },
    );
    return this.flight;
  }

  private land(written: number): void {
    this.items = this.items.slice(written);
    this.flying = 0;
    this.flight = undefined;
    if (this.failure) this.room?.reject(this.failure.error);
    else if (this.items.length < mostUnwritten) this.room?.resolve();
    if (this.failure || this.items.length < mostUnwritten) this.room = undefined;
    this.sendWhenTime();
  }
}

function createRoom(): Room {
  let resolve = () => {};
  let reject: Room['reject'] = () => {};
  const promise = new Promise<void>((...settle) => {
    [resolve, reject] = settle;
  });
  // A caller that does not await it gets the error from the next call.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

function rejection(error: unknown): Promise<void> {
  const rejected = Promise.reject(error);
  rejected.catch(() => {});
  return rejected;
}
