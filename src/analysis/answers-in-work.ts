import { onAbort } from '../foundation/abort.js';
import type { RecordedAnswer } from './run-store.js';

/** Answers that are remembered: more than are read ahead, so that none falls between here and the store. */
const remembered = 4_096;

/** The answers of one run to texts that come again: while the question is asked, and for a while after it. */
export class SingleFlight {
  private readonly asked = new Map<string, Promise<RecordedAnswer | null>>();
  private readonly latest = new Map<string, RecordedAnswer>();

  /**
   * The answer to a text that was asked before, awaited where it is on its way; undefined where the caller is to ask, and
   * to tell what came of it by `settle`.
   * @throws the signal's reason
   */
  async claim(key: string, signal: AbortSignal): Promise<{ readonly settle: Settle } | RecordedAnswer> {
    for (;;) {
      const known = this.latest.get(key);
      if (known) return known;
      const asked = this.asked.get(key);
      if (!asked) return { settle: this.ask(key) };
      await unlessAborted(asked, signal);
    }
  }

  private ask(key: string): Settle {
    let resolve: (answer: RecordedAnswer | null) => void = () => {};
    this.asked.set(
      key,
      new Promise((settled) => {
        resolve = settled;
      }),
    );
    return (answer) => {
      this.asked.delete(key);
      if (answer) this.remember(key, answer);
      resolve(answer);
    };
  }

  private remember(key: string, answer: RecordedAnswer): void {
    this.latest.set(key, answer);
    if (this.latest.size <= remembered) return;
    for (const oldest of this.latest.keys()) {
      this.latest.delete(oldest);
      return;
    }
  }
}

/** Tells those who wait what came of the question; null: nothing, and one of them asks. */
export type Settle = (answer: RecordedAnswer | null) => void;

async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let release = () => {};
  const aborted = new Promise<never>((_, reject) => {
    release = onAbort(signal, reject);
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    release();
  }
}
