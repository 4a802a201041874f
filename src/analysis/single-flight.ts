import { untilAborted } from '../foundation/abort.js';
import type { RecordedPrediction } from './run-store.js';

/** More predictions than reviews that are read ahead: a prediction is found here until a lookup finds it in the store. */
const mostRemembered = 4_096;

/** Requests each text of a run once: later callers wait for the first, and share its prediction. */
export class SingleFlight {
  private readonly inFlight = new Map<string, Promise<void>>();
  private readonly latest = new Map<string, RecordedPrediction>();

  /**
   * Calls `request`, or `share` where an earlier call with the same key has a prediction. Where that call has none, the
   * next caller makes the request.
   * @throws what `request` or `share` throws; the signal's reason
   */
  async run<T extends { readonly prediction: RecordedPrediction | null }>(
    key: string,
    signal: AbortSignal,
    request: () => Promise<T>,
    share: (prediction: RecordedPrediction) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const known = this.latest.get(key);
      if (known) return share(known);
      const inFlight = this.inFlight.get(key);
      if (!inFlight) return this.begin(key, request());
      await untilAborted(inFlight, signal);
    }
  }

  private begin<T extends { readonly prediction: RecordedPrediction | null }>(key: string, request: Promise<T>) {
    const end = (prediction: RecordedPrediction | null) => {
      this.inFlight.delete(key);
      if (prediction) this.remember(key, prediction);
    };
    this.inFlight.set(
      key,
      request.then(
        ({ prediction }) => end(prediction),
        () => end(null),
      ),
    );
    return request;
  }

  private remember(key: string, prediction: RecordedPrediction): void {
    this.latest.set(key, prediction);
    if (this.latest.size <= mostRemembered) return;
    const [oldest] = this.latest.keys();
    if (oldest !== undefined) this.latest.delete(oldest);
  }
}
