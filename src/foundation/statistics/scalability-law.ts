/** A throughput at a number of workers. */
export interface ScalePoint {
  readonly workers: number;
  readonly perSecond: number;
}

/** The Universal Scalability Law, fitted to throughputs. */
export interface ScalabilityLaw {
  /** Throughput of one worker, by the law. */
  readonly gamma: number;
  /** Contention: the share of the work that one worker at a time can do. */
  readonly sigma: number;
  /** Coherency: what workers cost each other. */
  readonly kappa: number;
  /** The number of workers with the largest throughput; null if it grows without end. */
  readonly peak: number | null;
  /** The largest difference between the law and a throughput, as a share of that. */
  readonly worstError: number;
}

/** With fewer levels the three numbers of the law would fit anything. */
const fewestLevels = 5;

/**
 * Fits X(N) = γN / (1 + σ(N − 1) + κN(N − 1)) (N. J. Gunther, "Guerrilla Capacity Planning", 2007) by least squares over
 * relative errors of N / X(N), with σ and κ of at least 0.
 * @returns undefined with fewer than five different levels
 */
export function fitScalabilityLaw(points: readonly ScalePoint[]): ScalabilityLaw | undefined {
  const usable = points.filter(({ workers, perSecond }) => workers >= 1 && perSecond > 0);
  if (new Set(usable.map(({ workers }) => workers)).size < fewestLevels) return undefined;
  const free = [[0, 1, 2], [0, 1], [0, 2], [0]]
    .map((used) => solve(usable, used))
    .filter((fit) => fit !== undefined)
    .filter(({ sigma, kappa, gamma }) => sigma >= 0 && kappa >= 0 && gamma > 0);
  const [best] = free.sort((a, b) => a.squares - b.squares);
  if (!best) return undefined;
  const { gamma, sigma, kappa } = best;
  const law = (n: number) => (gamma * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1));
  const worstError = Math.max(...usable.map(({ workers, perSecond }) => Math.abs(law(workers) / perSecond - 1)));
  const peak = kappa > 0 && sigma < 1 ? Math.max(1, Math.sqrt((1 - sigma) / kappa)) : kappa > 0 ? 1 : null;
  return { gamma, sigma, kappa, peak, worstError };
}

/** Least squares of 1 = γ⁻¹ · (1, N − 1, N(N − 1)) · X / N over the terms that are used; the others are 0. */
function solve(points: readonly ScalePoint[], used: readonly number[]) {
  const rows = points.map(({ workers: n, perSecond }) =>
    used.map((term) => ([1, n - 1, n * (n - 1)][term] ?? 0) * (perSecond / n)),
  );
  const size = used.length;
  const matrix = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
    rows.reduce((sum, row) => sum + (row[i] ?? 0), 0),
  ]);
  const solved = eliminate(matrix);
  if (!solved) return undefined;
  const terms = [0, 0, 0];
  for (const [place, term] of used.entries()) terms[term] = solved[place] ?? 0;
  const [base = 0, contention = 0, coherency = 0] = terms;
  const squares = rows.reduce(
    (sum, row) => sum + (1 - row.reduce((dot, value, i) => dot + value * (solved[i] ?? 0), 0)) ** 2,
    0,
  );
  return { gamma: 1 / base, sigma: contention / base, kappa: coherency / base, squares };
}

/** Gauss's elimination of an augmented matrix, with the largest pivot of each column; undefined if it is singular. */
function eliminate(given: readonly (readonly number[])[]): readonly number[] | undefined {
  const matrix = given.map((row) => [...row]);
  const size = matrix.length;
  for (let column = 0; column < size; column += 1) {
    const rest = matrix.slice(column);
    const pivot = rest.reduce((best, row) => (Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best));
    const lead = pivot[column] ?? 0;
    if (Math.abs(lead) < 1e-12) return undefined;
    const at = matrix.indexOf(pivot);
    const here = matrix[column] ?? pivot;
    matrix[column] = pivot;
    matrix[at] = here;
    for (const [index, row] of matrix.entries()) {
      if (index === column) continue;
      const factor = (row[column] ?? 0) / lead;
      for (let j = column; j <= size; j += 1) row[j] = (row[j] ?? 0) - factor * (pivot[j] ?? 0);
    }
  }
  return matrix.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1));
}
