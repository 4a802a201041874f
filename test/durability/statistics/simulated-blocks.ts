import { blockIntervals } from '../../../src/foundation/statistics/block-bootstrap.js';
import { QuantileSketch, weightedQuantile } from '../../../src/foundation/statistics/quantile-sketch.js';
import { randomGamma, randomNormal, seededRandom } from '../../../src/foundation/statistics/random-variates.js';

/** A server and how it is measured. */
export interface BlockWorld {
  readonly blocks: number;
  /** Of one block. */
  readonly rows: number;
  readonly workers: number;
  /** Standard deviation of the logarithm of a block's speed. */
  readonly spread: number;
  /** `steps`: a random half of the blocks finds a server that is 1.5 times slower. */
  readonly drift: 'none' | 'steps';
}

const meanMs = 100;
/** Shape of the gamma distribution of the latencies: standard deviation ÷ mean = 0.5. */
const shape = 4;

/** How often the intervals hold the true rate and the true median latency, in simulated experiments. */
export function blockCoverage(
  world: BlockWorld,
  {
    experiments,
    resamples,
    seed = 1,
  }: { readonly experiments: number; readonly resamples: number; readonly seed?: number },
): { readonly rate: number; readonly median: number } {
  const random = seededRandom(seed);
  const long = Array.from({ length: 4_000 }, () => simulateBlock(world, random));
  const truth = { rate: rateOf(long), median: medianOf(long) };
  const held = { rate: 0, median: 0 };
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    const blocks = Array.from({ length: world.blocks }, () => simulateBlock(world, random));
    const rate = (weights: Uint32Array) => rateOf(blocks, weights);
    const median = weightedQuantile(
      blocks.map(({ latency }) => latency),
      0.5,
    );
    const [ofRate, ofMedian] = blockIntervals(world.blocks, [rate, median], { resamples, seed: experiment }) ?? [];
    if (ofRate && ofRate.lower <= truth.rate && truth.rate <= ofRate.upper) held.rate += 1;
    if (ofMedian && ofMedian.lower <= truth.median && truth.median <= ofMedian.upper) held.median += 1;
  }
  return { rate: held.rate / experiments, median: held.median / experiments };
}

interface SimulatedBlock {
  readonly requests: number;
  readonly ms: number;
  readonly latency: QuantileSketch;
}

/** Workers take the rows of a block one after the other; the block ends with the last answer. */
function simulateBlock({ rows, workers, spread, drift }: BlockWorld, random: () => number): SimulatedBlock {
  const isSlow = drift === 'steps' && random() < 0.5;
  const factor = Math.exp(spread * randomNormal(random)) * (isSlow ? 1.5 : 1);
  const latency = new QuantileSketch();
  const freeAt = new Float64Array(workers);
  for (let row = 0; row < rows; row += 1) {
    const ms = factor * (randomGamma(shape, random) / shape) * meanMs;
    latency.add(ms);
    const worker = freeAt.indexOf(Math.min(...freeAt));
    freeAt[worker] = (freeAt[worker] ?? 0) + ms;
  }
  return { requests: rows, ms: Math.max(...freeAt), latency };
}

function rateOf(blocks: readonly SimulatedBlock[], weights?: Uint32Array): number {
  let [requests, ms] = [0, 0];
  for (const [index, block] of blocks.entries()) {
    const weight = weights?.[index] ?? (weights ? 0 : 1);
    requests += weight * block.requests;
    ms += weight * block.ms;
  }
  return (requests / ms) * 1_000;
}

function medianOf(blocks: readonly SimulatedBlock[]): number {
  const all = new QuantileSketch();
  for (const { latency } of blocks) all.merge(latency.toJSON());
  return all.quantile(0.5) ?? 0;
}
