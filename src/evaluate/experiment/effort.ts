import { z } from 'zod';
import { QuantileSketch } from '../../foundation/statistics/quantile-sketch.js';

const effortData = z.object({
  asked: z.number(),
  asked_ms: z.number(),
  latency: z.object({
    zeros: z.number(),
    sum: z.number(),
    largest: z.number(),
    buckets: z.array(z.tuple([z.number(), z.number()])),
  }),
});

/** What answers took. Of a run that goes on, with what its earlier sessions recorded. */
export class Effort {
  readonly latency = new QuantileSketch();
  /** Answered reviews that a question was asked for. */
  asked = 0;
  /** Wall time of the sessions that asked them, in milliseconds. */
  askedMs = 0;

  /** @param ms from the question to the answer */
  add(ms: number): void {
    this.asked += 1;
    this.latency.add(ms);
  }

  /** Adds that of another session, as it was recorded; what is none adds nothing. */
  merge(recorded: unknown): void {
    const { data } = effortData.safeParse(recorded);
    if (!data) return;
    this.asked += data.asked;
    this.askedMs += data.asked_ms;
    this.latency.merge(data.latency);
  }

  toJSON(): z.infer<typeof effortData> {
    const { buckets, ...others } = this.latency.toJSON();
    const latency = { ...others, buckets: buckets.map(([bucket, count]): [number, number] => [bucket, count]) };
    return { asked: this.asked, asked_ms: this.askedMs, latency };
  }
}
