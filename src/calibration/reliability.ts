/** Equal-width bins of confidence for the expected calibration error. */
const binCount = 10;

/**
 * How far confidence and truth are apart, in memory that does not grow. The expected calibration error is
 * Σ over bins of (answers in it ÷ all answers) · |share of right answers − mean confidence|, with ten bins of equal width
 * (M. P. Naeini, G. F. Cooper and M. Hauskrecht, AAAI 2015; Guo et al., ICML 2017). Few answers make it look larger.
 */
export class Reliability {
  private readonly bins = Array.from({ length: binCount }, () => ({ count: 0, hits: 0, confidence: 0 }));
  private total = 0;

  /** @param confidence 0 to 1 */
  add(confidence: number, isRight: boolean): void {
    const bin = this.bins[Math.min(binCount - 1, Math.floor(confidence * binCount))];
    if (!bin) return;
    bin.count += 1;
    bin.confidence += confidence;
    if (isRight) bin.hits += 1;
    this.total += 1;
  }

  /** 0 to 1; null where nothing was added. */
  get expectedCalibrationError(): number | null {
    if (this.total === 0) return null;
    return this.bins.reduce((sum, { hits, confidence }) => sum + Math.abs(hits - confidence), 0) / this.total;
  }
}
