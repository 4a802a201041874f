/** What a worker or a server does in a slice of time. */
export type Phase = 'waiting' | 'queue' | 'prefill' | 'decode' | 'request' | 'pause' | 'work';

/** A phase, in milliseconds after the beginning. */
export interface Slice {
  readonly phase: Phase;
  readonly from: number;
  readonly to: number;
  /** 0-based item. */
  readonly item: number;
  /** Of the items that failed. */
  readonly failed: boolean;
}

/** What a worker did, in order. */
export interface Lane {
  readonly worker: number;
  readonly slices: readonly Slice[];
}

/** One request at a server. */
export interface TimelineRequest {
  readonly server: string;
  readonly item: number;
  readonly worker: number;
  readonly attempt: number;
  readonly from: number;
  readonly to: number;
  readonly failed: boolean;
}

/** A change of the limit of requests in flight on a server. */
export interface LimitChange {
  readonly server: string;
  readonly at: number;
  readonly limit: number;
}

/** Who did what, and when, in a parallel run. */
export interface Timeline {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly lanes: readonly Lane[];
  readonly requests: readonly TimelineRequest[];
  readonly limits: readonly LimitChange[];
  readonly items: number;
  readonly failed: number;
  /** Whether the events have the end of the run. */
  readonly isComplete: boolean;
}

/** How the workers of a timeline overlapped. */
export interface Overlap {
  /** The most workers that were busy at one moment. */
  readonly most: number;
  readonly mean: number;
  /** Items that began within the first few milliseconds. */
  readonly startedTogether: number;
}

/** Starts within this time count as simultaneous, in milliseconds. */
const togetherMs = 5;

export function overlapOf({ lanes, durationMs }: Timeline): Overlap {
  const spans = lanes.flatMap(({ slices }) => spansOfItems(slices));
  const steps = spans
    .flatMap(({ from, to }) => [
      { at: from, step: 1 },
      { at: to, step: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.step - b.step);
  let open = 0;
  let most = 0;
  for (const { step } of steps) {
    open += step;
    most = Math.max(most, open);
  }
  const first = Math.min(...spans.map(({ from }) => from));
  const busyMs = spans.reduce((sum, { from, to }) => sum + to - from, 0);
  return {
    most,
    mean: durationMs > 0 ? busyMs / durationMs : 0,
    startedTogether: spans.filter(({ from }) => from - first <= togetherMs).length,
  };
}

/** From the first to the last slice of each item. */
function spansOfItems(slices: readonly Slice[]): readonly { readonly from: number; readonly to: number }[] {
  const spans = new Map<number, { from: number; to: number }>();
  for (const { item, from, to } of slices) {
    const span = spans.get(item);
    if (!span) spans.set(item, { from, to });
    else span.to = Math.max(span.to, to);
  }
  return [...spans.values()];
}
