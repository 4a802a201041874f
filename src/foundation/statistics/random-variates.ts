import { normalQuantile } from './proportions.js';

/** An RNG of numbers in [0, 1) with a seed (mulberry32: T. Ettinger, 2017; 32 bits of state). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** From this mean on, the rejection method is used; below it, counting up is faster. */
const fewest = 10;

/**
 * A binomial variate, exact, in time that does not grow with n (W. Hörmann, Journal of Statistical Computation and
 * Simulation 46, 1993, algorithm BTRS; below a mean of 10 by inversion).
 */
export function randomBinomial(n: number, p: number, random: () => number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawFewer(n, 1 - p, random);
  return drawFewer(n, p, random);
}

function drawFewer(n: number, p: number, random: () => number): number {
  return n * p < fewest ? byInversion(n, p, random) : byRejection(n, p, random);
}

function byInversion(n: number, p: number, random: () => number): number {
  const odds = p / (1 - p);
  let left = random();
  let probability = (1 - p) ** n;
  let successes = 0;
  while (left >= probability && successes < n) {
    left -= probability;
    successes += 1;
    probability *= ((n - successes + 1) / successes) * odds;
  }
  return successes;
}

function byRejection(n: number, p: number, random: () => number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const sure = 0.92 - 4.2 / b;
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const edge = 0.5 - Math.abs(u);
    const successes = Math.floor(((2 * a) / edge + b) * u + centre);
    if (edge >= 0.07 && v <= sure) return successes;
    if (!(successes >= 0 && successes <= n)) continue;
    const height = Math.log((v * (2.83 + 5.1 / b) * deviation) / (a / (edge * edge) + b));
    if (height <= logToMode(n, p, successes)) return successes;
  }
}

/** log of the probability of k successes ÷ that of the likeliest number of them. */
function logToMode(n: number, p: number, k: number): number {
  const odds = p / (1 - p);
  const mode = Math.floor((n + 1) * p);
  return (
    (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
    (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
    (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) +
    stirlingTail(mode) +
    stirlingTail(n - mode) -
    stirlingTail(k) -
    stirlingTail(n - k)
  );
}

/** log(k!) − log(√2π) − (k + ½) · log(k + 1) + (k + 1). */
function stirlingTail(k: number): number {
  const known = smallTails[k];
  if (known !== undefined) return known;
  const next = k + 1;
  const square = next * next;
  return (1 / 12 - (1 / 360 - 1 / 1_260 / square) / square) / next;
}

const smallTails: readonly number[] = Array.from({ length: 10 }, (_, k) => {
  let factorial = 1;
  for (let i = 2; i <= k; i += 1) factorial *= i;
  return Math.log(factorial) - 0.5 * Math.log(2 * Math.PI) - (k + 0.5) * Math.log(k + 1) + (k + 1);
});

/** A variate of the standard normal distribution, by inversion. */
export function randomNormal(random: () => number): number {
  return normalQuantile(inside(random()));
}

/**
 * A gamma variate of scale 1 (G. Marsaglia and W. W. Tsang, ACM TOMS 26, 2000; below a shape of 1 with the power of a
 * uniform number, section 6).
 */
export function randomGamma(shape: number, random: () => number): number {
  if (shape < 1) return randomGamma(shape + 1, random) * inside(random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = randomNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(inside(random())) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Neither 0 nor 1. */
function inside(value: number): number {
  return Math.min(Math.max(value, 2 ** -53), 1 - 2 ** -53);
}

/**
 * Keeps some of the items that it is shown, each with the same probability (algorithm R: J. S. Vitter, "Random Sampling with
 * a Reservoir", ACM TOMS 11(1), 1985).
 */
export class Reservoir<T> {
  readonly items: T[] = [];
  private seen = 0;

  constructor(
    private readonly size: number,
    private readonly random: () => number,
  ) {}

  add(item: T): void {
    this.seen += 1;
    const place = this.items.length < this.size ? this.items.length : Math.floor(this.random() * this.seen);
    if (place < this.size) this.items[place] = item;
  }
}

/** Fisher–Yates shuffle. */
export function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [order[last], order[other]];
    if (a !== undefined && b !== undefined) [order[last], order[other]] = [b, a];
  }
  return order;
}
