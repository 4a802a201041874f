/** Equal-width bins of confidence for the expected calibration error. */
const binCount = 10;

/** Answers of like confidence. */
export interface ReliabilityBin {
  /** The bin holds confidences from here… */
  readonly from: number;
  /** …to below here; the last one 1 as well. */
  readonly to: number;
  readonly count: number;
  /** Share of right answers; null where the bin is empty. */
  readonly accuracy: number | null;
  /** Mean confidence; null where the bin is empty. */
  readonly confidence: number | null;
}

/**
 * How far confidence and truth are apart, in memory that does not grow. The expected calibration error is
 * Σ over bins of (answers in it ÷ all answers) · |share of right answers − mean confidence|, with ten bins of equal width
 * (M. P. Naeini, G. F. Cooper and M. Hauskrecht, AAAI 2015; Guo et al., ICML 2017). Few answers make it look larger.
 */
export class Reliability {
  private readonly counted = Array.from({ length: binCount }, () => ({ count: 0, hits: 0, confidence: 0 }));
  private total = 0;

  /** @param confidence 0 to 1 */
  add(confidence: number, isRight: boolean): void {
    const bin = this.counted[Math.min(binCount - 1, Math.floor(confidence * binCount))];
    if (!bin) return;
    bin.count += 1;
    bin.confidence += confidence;
    if (isRight) bin.hits += 1;
    this.total += 1;
  }

  /** 0 to 1; null where nothing was added. */
  get expectedCalibrationError(): number | null {
    if (this.total === 0) return null;
    return this.counted.reduce((sum, { hits, confidence }) => sum + Math.abs(hits - confidence), 0) / this.total;
  }

  /** The ten bins, from unsure to sure: what a reliability diagram draws. */
  get bins(): readonly ReliabilityBin[] {
    return this.counted.map(({ count, hits, confidence }, index) => ({
      from: index / binCount,
      to: (index + 1) / binCount,
      count,
      accuracy: count === 0 ? null : hits / count,
      confidence: count === 0 ? null : confidence / count,
    }));
  }
}
