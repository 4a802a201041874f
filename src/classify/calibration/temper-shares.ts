/** Shares below it count as it: the list of the likeliest tokens does not show smaller ones reliably. */
const leastShare = 1e-4;

/**
 * Temperature scaling of the shares of labels: p ^ (1/T) ÷ Σ p ^ (1/T). Above 1 a temperature makes the shares more alike,
 * below 1 less; their order stays. What is missing to 1, because it decides for no label, is one more outcome.
 * @param shares 0 to 1, at most 1 together
 * @param temperature above 0
 */
export function temperShares(shares: readonly number[], temperature: number): number[] {
  const missing = 1 - shares.reduce((sum, share) => sum + share, 0);
  const outcomes = [...shares.map((share) => Math.max(share, leastShare)), ...(missing >= leastShare ? [missing] : [])];
  const logits = outcomes.map((outcome) => Math.log(outcome) / temperature);
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.slice(0, shares.length).map((weight) => weight / total);
}
