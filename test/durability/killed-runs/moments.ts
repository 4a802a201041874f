import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import type { AnsweringServer } from './answering-server.js';

/** A server that tells what it is asked. */
type Asked = Pick<AnsweringServer, 'asked' | 'onQuestion'>;

/** When a process is disturbed: so long after its start, or so long after the server's n-th question since then. */
export interface Moment {
  readonly questions: number;
  readonly ms: number;
}

/** A process that starts, reads, and opens its store takes about as long. */
const startUpMs = 1_200;

/**
 * Draws the next moment, so that those of a run lie all over it: some soon after the start of the process, the last ones
 * about its end, the others in between.
 * @param open questions that nobody asked yet
 * @param left moments that are still to come, this one included
 */
export function drawMoment(random: () => number, open: number, left: number): Moment {
  const draw = random();
  if (open === 0 || draw < 0.25) return { questions: 0, ms: random() * startUpMs };
  if (left <= 2) return { questions: open, ms: random() * 150 };
  return { questions: 1 + Math.floor(random() * Math.min(open, (2 * open) / left)), ms: random() * 10 };
}

/** Waits for a moment of a process that has just started, or until the process has ended. */
export async function reach(moment: Moment, server: Asked, ended: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  void ended.then(() => over.abort());
  try {
    if (moment.questions > 0) await questions(server, server.asked + moment.questions, over.signal);
    await after(moment.ms, undefined, { signal: over.signal });
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    server.onQuestion = () => {};
  }
}

async function questions(server: Asked, count: number, signal: AbortSignal): Promise<void> {
  const reached = new EventTarget();
  server.onQuestion = (asked) => asked >= count && reached.dispatchEvent(new Event('reached'));
  await once(reached, 'reached', { signal });
}
