import type { Model, ModelRequest } from '../../src/model/model.js';

/** A token with its natural-log probability. */
function entry(token: string, probability: number) {
  return { token, logprob: Math.log(probability) };
}

/** A model of `positive` and `negative` that gives probabilities: that of `positive` is read off the text. */
export function probableModel(probabilityOf: (text: string) => number | null): Model {
  return {
    provider: 'test',
    name: 'test',
    caveat: null,
    prepare: async () => ({ serverVersion: null, loadMs: null }),
    ask: async ({ subject }: ModelRequest) => {
      const positive = probabilityOf(subject) ?? 0.9;
      const known = probabilityOf(subject) !== null;
      const listed = [entry('positive', positive), entry('negative', 1 - positive)];
      const [first, second] = listed as [ReturnType<typeof entry>, ReturnType<typeof entry>];
      const own = positive >= 0.5 ? first : second;
      return {
        text: own.token,
        finishReason: 'stop',
        usage: { promptTokens: null, completionTokens: null },
        durations: { totalMs: 1, firstTokenMs: null, queueMs: null, loadMs: null },
        logprobs: known ? [{ ...own, alternatives: listed }] : null,
      };
    },
    close: async () => {},
  };
}

/** The probability that a text names, as in `review 7: 0.65`; null where it names none. */
export function namedProbability(text: string): number | null {
  const named = /0\.\d+/.exec(text)?.[0];
  return named === undefined ? null : Number(named);
}

/** Labelled texts that name a probability of `positive`, and are right oftener than it says: it is at a temperature of 2. */
export function underConfidentRows(count: number): { readonly text: string; readonly expected: string }[] {
  const truths = [0.6, 0.7, 0.8, 0.9];
  return Array.from({ length: count }, (_, index) => {
    const truth = truths[index % 4] ?? 0.5;
    const shown = Math.sqrt(truth) / (Math.sqrt(truth) + Math.sqrt(1 - truth));
    const isRight = ((Math.floor(index / 4) * 7) % 10) / 10 < truth;
    const isPositive = Math.floor(index / 40) % 2 === 0;
    const probability = isPositive ? shown : 1 - shown;
    return {
      text: `review ${index}: ${probability.toFixed(6)}`,
      expected: isRight === isPositive ? 'positive' : 'negative',
    };
  });
}
