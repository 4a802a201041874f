import { expect } from 'vitest';
import {
  type LabelledAnswer,
  type LabelProbabilities,
  labelProbabilities,
} from '../../../src/classify/confidence/label-probabilities.js';
import type { TokenLogprob, TokenProbability } from '../../../src/model/model.js';

/** A token and its probability; the bytes where they are not those of the text. */
export type Listed = readonly [token: string, probability: number, bytes?: readonly number[]];

function entry([token, probability, bytes]: Listed): TokenProbability {
  return { token, logprob: Math.log(probability), ...(bytes ? { bytes } : {}) };
}

/** A place in an answer: the chosen token first. What is missing to 1 goes to a word that is no label. */
export function place(...tokens: readonly [Listed, ...Listed[]]): TokenLogprob {
  return { ...entry(tokens[0]), alternatives: [...tokens, ...restOf(tokens)].map(entry) };
}

/** The same where the list shows nothing else: what is missing to 1 may be anything. */
export function partly(...tokens: readonly [Listed, ...Listed[]]): TokenLogprob {
  return { ...entry(tokens[0]), alternatives: tokens.map(entry) };
}

/** As `place`, where the chosen token is not in the list, as when a grammar forced it. */
export function forced(...tokens: readonly [Listed, ...Listed[]]): TokenLogprob {
  return { ...entry(tokens[0]), alternatives: [...tokens.slice(1), ...restOf(tokens)].map(entry) };
}

function restOf(tokens: readonly Listed[]): readonly Listed[] {
  const rest = 1 - tokens.reduce((sum, [, probability]) => sum + probability, 0);
  return rest > 1e-9 ? [['Other', rest]] : [];
}

/** Tokens without alternatives. */
export function said(...tokens: readonly string[]): TokenLogprob[] {
  return tokens.map((token) => partly([token, 1]));
}

/** The text that the chosen tokens spell. */
export function textOf(places: readonly TokenLogprob[]): string {
  const bytes = places.map(({ token, bytes: given }) => (given ? Buffer.from(given) : Buffer.from(token)));
  return Buffer.concat(bytes).toString('utf8');
}

export const three = ['positive', 'neutral', 'negative'];

/** What servers show for bytes that are no characters. */
export const lost = '\uFFFD';

/** The share of the answer's label. The answer is what the tokens spell, unless another text is given. */
export function confidence(
  label: string,
  labels: readonly string[],
  logprobs: readonly TokenLogprob[],
  more: Partial<LabelledAnswer> = {},
): number | null {
  const found = probabilities(label, labels, logprobs, more);
  return found?.shares?.[labels.indexOf(label)] ?? null;
}

/** What the probabilities of such an answer say. */
export function probabilities(
  label: string,
  labels: readonly string[],
  logprobs: readonly TokenLogprob[],
  more: Partial<LabelledAnswer> = {},
): LabelProbabilities | null {
  return labelProbabilities({ label, labels, logprobs, text: textOf(logprobs), format: 'label', ...more });
}

/** An answer, and the share of its label computed by hand. */
export interface Case {
  readonly name: string;
  readonly label: string;
  /** @default positive, neutral, negative */
  readonly labels?: readonly string[];
  readonly tokens: readonly TokenLogprob[];
  /** @default what the tokens spell */
  readonly text?: string;
  readonly format?: LabelledAnswer['format'];
  readonly share: number | null;
}

export function check({ label, labels = three, tokens, share, ...more }: Case): void {
  const found = confidence(label, labels, tokens, more);
  if (share === null) expect(found).toBeNull();
  else expect(found).toBeCloseTo(share, 12);
}
