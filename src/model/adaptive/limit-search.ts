import { type Answer, LatencyBlock } from './latency-block.js';
import { RefusalCeiling, type Refused } from './refusal-ceiling.js';
import { ServerEstimate } from './server-estimate.js';

/** How certain it must be that a number in flight is enough, to stay at it, and to end the slow start below it. */
const certainty = { stay: 0.75, endSlowStart: 0.85 };
/** The slow start ends when this share of its limit is enough. */
const overshoot = 0.8;
/** The limit is at most about this many times the number of which it is as likely as not that it is enough. */
const mostOverLikely = 1.2;
/** How much the limit may grow at a time: when most of the belief is above it, and when only a part is. */
const growth = { likely: 1.5, possible: 1.2 };
/** How far a probe goes up, and with which certainties probes go down in turn: where fewer possibly do, and probably. */
const probe = { up: 1.15, down: [0.15, 0.5], certainEach: 12 };
/** Requests that are sent under one limit, in terms of the goal; but no fewer than `least`. Fewer in flight may cost throughput. */
const blockSize = { fewer: { share: 0.5, least: 6 }, others: { share: 0.7, least: 6 } };
/** Blocks of which a rival of the belief has seen enough. */
const rivalBlocks = 32;
/** Requests of a probe that leaves a single one in flight: it tells much, and costs half of the throughput. */
const smallestBlock = 4;
/** How much less certain the height of the latencies is after the slow start, which counts the quick answers first. */
const slowStartBias = 0.1;

/** A limit counts as tried when this share of it was in flight. */
const tried = 0.9;

/** What the requests of a block are sent for. */
type Phase = 'slow start' | 'before' | 'fewer' | 'between' | 'more';

const following = {
  'slow start': 'before',
  before: 'fewer',
  fewer: 'between',
  between: 'more',
  more: 'before',
} as const;

/**
 * Looks for the smallest number in flight that is enough: a slow start, then blocks of requests with a few less and a few
 * more in flight in turn, for ever, since the server may change.
 */
export class LimitSearch {
  limit: number;
  private phase: Phase = 'slow start';
  private block = new LatencyBlock(Number.POSITIVE_INFINITY);
  /** The number that is taken to be enough, were there no refusals. */
  private goal: number;
  /** What the limit is outside probes. */
  private cruise: number;
  private reason: string | undefined;
  private waitingMs = 0;
  /** More than what was refused may be in flight again. */
  private retries = false;
  private probes = 0;
  /** Answers of the slow start that have not raised the limit yet. */
  private credit = 0;
  private readonly refusals = new RefusalCeiling();
  private readonly estimate: ServerEstimate;

  constructor(
    initial: number,
    private readonly min: number,
    private readonly max: number,
  ) {
    this.limit = initial;
    this.goal = initial;
    this.cruise = initial;
    this.estimate = new ServerEstimate(max);
  }

  /** Why the limit is what it is, when it has been changed since the last call. */
  takeReason(): string | undefined {
    const { reason } = this;
    this.reason = undefined;
    return reason;
  }

  /** The block to which a request belongs that is sent now; none while less is in flight than may be. */
  join(inFlight: number): LatencyBlock | undefined {
    if (inFlight < this.limit && this.phase !== 'slow start') return undefined;
    this.block.sent += 1;
    return this.block;
  }

  /**
   * Begins the next block when this one is full. To be called when something came back, not when something is sent:
   * requests that are sent in the same moment cannot be told apart afterwards, and must belong to the same block.
   */
  goOn(): void {
    if (this.block.isFull) this.nextPhase();
  }

  measured(block: LatencyBlock | undefined, answer: Answer): void {
    (this.phase === 'slow start' ? this.block : block)?.add(answer);
  }

  /** @param wasFull whether as much was in flight as may be */
  succeeded(wasFull: boolean): void {
    if (this.refusals.succeeded(this.goal)) this.retries = true;
    if (this.retries && this.isCruising) this.moveToGoal();
    if (this.phase !== 'slow start') return;
    if (this.block.answered >= Math.max(4, Math.round(this.limit / 4))) this.learnInSlowStart();
    if (this.phase === 'slow start' && wasFull) this.speedUp();
  }

  /** To be called last for a request, however it ended. */
  ended(block: LatencyBlock | undefined): void {
    if (!block) return;
    block.ended += 1;
    if (this.phase !== 'slow start' && block.isComplete && block.answered > 0) this.learn(block);
  }

  refused(request: Refused): void {
    const before = this.limit;
    this.refusals.refused(request, before);
    if (this.phase === 'slow start') this.endSlowStart(this.refusals.value);
    this.cruise = this.level(this.goal);
    this.limit = this.level(this.limit);
    if (this.limit !== before) this.reason = `the server refused a request with ${request.inFlight} in flight`;
  }

  private learnInSlowStart(): void {
    this.estimate.learn(this.block, 0);
    this.block = new LatencyBlock(Number.POSITIVE_INFINITY);
    const enough = this.estimate.enough(certainty.endSlowStart);
    if (enough < overshoot * this.limit || this.limit >= this.level(this.max)) this.endSlowStart(this.likelyGoal());
  }

  /** One more for each answer is twice as many for each round. */
  private speedUp(): void {
    this.credit += 1;
    const step = Math.ceil(this.limit / 8);
    if (this.credit < step) return;
    this.credit = 0;
    this.moveTo(this.limit + step, 'slow start: nothing says yet that fewer would do');
  }

  private endSlowStart(goal: number): void {
    this.estimate.forgetSpeed(slowStartBias);
    this.goal = goal;
    this.nextPhase();
  }

  private nextPhase(): void {
    this.phase = following[this.phase];
    this.block = new LatencyBlock(this.blockSize());
    if (this.phase === 'fewer') this.moveTo(this.fewer(), 'probe: do fewer do as much?');
    else if (this.phase === 'more') this.moveTo(this.more(), 'probe: do more do more?');
    else this.moveToGoal();
  }

  private blockSize(): number {
    if (this.phase === 'fewer' && this.cruise === 2) return smallestBlock;
    const { share, least } = this.phase === 'fewer' ? blockSize.fewer : blockSize.others;
    return Math.max(least, Math.round(share * this.level(this.goal)));
  }

  private fewer(): number {
    const likely = this.estimate.enough(probe.down[this.probes % probe.down.length] ?? 0.5);
    this.probes += 1;
    if (likely >= this.cruise && this.probes % probe.certainEach !== 0) return this.cruise;
    return Math.min(this.cruise - 1, Math.max(Math.floor((this.cruise - 1) / 2), likely));
  }

  private more(): number {
    // With one more in flight than a single slot needs, a second slot shows already.
    return this.cruise < 3 ? this.cruise : Math.max(this.cruise + 1, Math.round(this.cruise * probe.up));
  }

  private learn(block: LatencyBlock): void {
    this.estimate.learn(block, rivalBlocks * Math.max(blockSize.others.least, this.goal));
    const likely = this.estimate.enough(0.5) >= this.goal ? growth.likely : growth.possible;
    // What the last raise gave must be known before the next one.
    const most =
      block.meanInFlight < tried * this.cruise ? this.goal : Math.round(Math.max(this.goal + 1, this.goal * likely));
    this.goal = Math.min(this.likelyGoal(), most);
    this.waitingMs = block.meanQueueMs ?? 0;
    if (this.isCruising) this.moveToGoal();
  }

  private get isCruising(): boolean {
    return this.phase === 'before' || this.phase === 'between';
  }

  private likelyGoal(): number {
    const most = Math.round(mostOverLikely * this.estimate.enough(0.5) + 1);
    // At least two: a server's only slot would be idle while an answer travels.
    return Math.max(2, Math.min(this.estimate.enough(certainty.stay), most));
  }

  private moveToGoal(): void {
    const before = this.cruise;
    this.cruise = this.level(this.goal);
    this.moveTo(this.cruise, this.cruise === before ? 'the probe is over' : this.explain(before));
    this.retries = false;
  }

  private explain(before: number): string {
    if (this.retries) return 'refused a while ago: a few more are tried again';
    const enough = `about ${this.cruise} ${this.cruise === 1 ? 'is' : 'are'} enough`;
    if (this.cruise > before) return `latency grows less than what is in flight: ${enough}`;
    const waiting = this.waitingMs >= 1 ? `, requests wait ${Math.round(this.waitingMs)} ms at the server` : '';
    return `latency grows as much as what is in flight${waiting}: ${enough}`;
  }

  private level(limit: number): number {
    return Math.max(this.min, Math.min(limit, this.max, this.refusals.value));
  }

  private moveTo(limit: number, reason: string): void {
    const level = this.level(limit);
    if (level === this.limit) return;
    this.limit = level;
    this.reason = reason;
  }
}
