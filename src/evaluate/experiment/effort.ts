import * as z from 'zod';
import type { ReviewResult } from '../../analysis/review-result.js';
import type { Runtime } from '../../foundation/runtime.js';
import { QuantileSketch } from '../../foundation/statistics/quantile-sketch.js';

/** The answered requests of one block. */
export class BlockEffort {
  readonly latency = new QuantileSketch();
  /** Answered reviews that needed a request. */
  requests = 0;
  /** From the first request to the last answer, in milliseconds. */
  requestMs = 0;

  add({ asked, asked_ms, latency }: BlockData): void {
    this.requests += asked;
    this.requestMs += asked_ms;
    this.latency.merge(latency);
  }

  toJSON(): BlockData {
    return { asked: this.requests, asked_ms: this.requestMs, latency: sketchOf(this.latency) };
  }
}

const sketchData = z.object({
  zeros: z.number(),
  sum: z.number(),
  largest: z.number(),
  buckets: z.array(z.tuple([z.number(), z.number()])),
});

const blockData = z.object({ asked: z.number(), asked_ms: z.number(), latency: sketchData });

/** Earlier versions recorded neither gaps nor blocks. */
const effortData = blockData.extend({ gaps: sketchData.optional(), blocks: z.array(blockData).optional() });

type BlockData = z.infer<typeof blockData>;

function sketchOf(sketch: QuantileSketch): z.infer<typeof sketchData> {
  const { buckets, ...others } = sketch.toJSON();
  return { ...others, buckets: buckets.map(([bucket, count]): [number, number] => [bucket, count]) };
}

/** Latency and time of the answered requests, including the earlier sessions of a resumed run. */
export class Effort {
  readonly total = new BlockEffort();
  readonly blocks: BlockEffort[] = [];
  /** Times between two requests that end one after the other in the same block. */
  readonly gaps = new QuantileSketch();

  addBlock(block: BlockEffort): void {
    this.blocks.push(block);
    this.total.add(block.toJSON());
  }

  /** Adds the recorded effort of another session; anything else is ignored. */
  merge(recorded: unknown): void {
    const { data } = effortData.safeParse(recorded);
    if (!data) return;
    this.total.add(data);
    if (data.gaps) this.gaps.merge(data.gaps);
    for (const one of data.blocks ?? []) {
      const block = new BlockEffort();
      block.add(one);
      this.blocks.push(block);
    }
  }

  toJSON(): z.infer<typeof effortData> {
    return {
      ...this.total.toJSON(),
      gaps: sketchOf(this.gaps),
      blocks: this.blocks.map((block) => block.toJSON()),
    };
  }
}

/** Measures the requests of a variant while they end, in blocks. */
export class EffortMeter {
  readonly effort = new Effort();
  private block = new BlockEffort();
  private ended = 0;
  private startedAt = Number.POSITIVE_INFINITY;
  private endedAt: number | undefined;
  private continues = false;

  /** @param size ends a block after so many requests, while others are in flight. @default by `endBlock` only */
  constructor(
    private readonly runtime: Pick<Runtime, 'now'>,
    private readonly size = Number.POSITIVE_INFINITY,
  ) {}

  /** Counts a review that has just been completed. */
  add({ status, cached, duration_ms: ms }: ReviewResult): void {
    if (cached || status === 'skipped') return;
    const now = this.runtime.now();
    if (!this.continues) this.startedAt = Math.min(this.startedAt, now - ms);
    if (this.endedAt !== undefined) this.effort.gaps.add(now - this.endedAt);
    this.endedAt = now;
    this.ended += 1;
    if (status === 'ok') {
      this.block.requests += 1;
      this.block.latency.add(ms);
    }
    if (this.ended < this.size) return;
    this.cut();
    this.startedAt = now;
    this.continues = true;
  }

  /** The requests of the block have ended; the variant pauses. */
  endBlock(): void {
    this.cut();
    this.startedAt = Number.POSITIVE_INFINITY;
    this.endedAt = undefined;
    this.continues = false;
  }

  private cut(): void {
    const { block, endedAt } = this;
    if (block.requests > 0 && endedAt !== undefined) {
      block.requestMs = Math.max(0, endedAt - this.startedAt);
      this.effort.addBlock(block);
    }
    this.block = new BlockEffort();
    this.ended = 0;
  }
}
