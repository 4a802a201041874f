/**
 * Bins, even over the logarithm of the odds: they are finest where confidences crowd, near 0 and 1. At 0.5, where they are
 * widest, two confidences that differ by 0.0002 are in different bins.
 */
const binCount = 65_536;

/** Confidences nearer to 0 or 1 than this are taken for as near. */
const nearest = 1e-9;
const widest = Math.log((1 - nearest) / nearest);

/** Accuracy at a coverage, in constant memory. Answers of one bin count as equally confident. */
export class SelectiveAccuracy {
  private readonly counts = new Uint32Array(binCount);
  private readonly hits = new Uint32Array(binCount);
  private total = 0;

  add(confidence: number, isRight: boolean): void {
    const bin = binOf(confidence);
    this.counts[bin] = (this.counts[bin] ?? 0) + 1;
    if (isRight) this.hits[bin] = (this.hits[bin] ?? 0) + 1;
    this.total += 1;
  }

  /**
   * The accuracy of the most confident answers; null without answers.
   * @param coverage share of the answers, above 0, at most 1
   */
  at(coverage: number): number | null {
    if (this.total === 0) return null;
    let missing = coverage * this.total;
    let right = 0;
    for (let bin = binCount - 1; bin >= 0 && missing > 0; bin -= 1) {
      const count = this.counts[bin] ?? 0;
      if (count === 0) continue;
      const taken = Math.min(count, missing);
      right += ((this.hits[bin] ?? 0) * taken) / count;
      missing -= taken;
    }
    return right / (coverage * this.total);
  }
}

function binOf(confidence: number): number {
  const inside = Math.min(1 - nearest, Math.max(nearest, confidence));
  const logit = Math.log(inside / (1 - inside));
  return Math.min(binCount - 1, Math.floor(((logit + widest) / (2 * widest)) * binCount));
}
