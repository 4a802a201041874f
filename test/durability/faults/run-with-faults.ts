import type { ReviewResult } from '../../../src/analysis/review-result.js';
import { streamReviews } from '../../../src/analysis/stream-reviews.js';
import { createAgent } from '../../../src/classify/agent.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { ollama } from '../../../src/model/ollama/ollama-model.js';
import { type FaultKind, rightLabel } from './fault-kinds.js';
import type { FaultPlan } from './fault-server.js';

/** Further attempts of a review. */
const maxRetries = 3;

/** Limits of one attempt, in milliseconds: too long for a busy machine to meet them by accident. */
const limits = { firstTokenTimeoutMs: 6_000, totalTimeoutMs: 9_000 };

const prompt = parsePrompt('faults', '---\nlabels: [positive, negative]\noutput: { format: enum }\n---\n{{review}}');

/** Analyses `items` reviews against a server, in the whole pipeline. */
export async function runWithFaults(host: string, items: number, given = limits): Promise<ReviewResult[]> {
  const model = ollama({ model: 'small', host, ...given });
  const agent = await createAgent({
    model,
    prompt,
    retry: { maxRetries, initialBackoffMs: 4, maxBackoffMs: 20 },
    itemTimeoutMs: 60_000,
    // Whether a failure is due to them would be tried with requests of its own.
    probabilities: false,
  });
  try {
    const reviews = Array.from({ length: items }, (_, index) => ({ index, id: String(index), text: `item ${index}` }));
    const results: ReviewResult[] = [];
    for await (const { result } of streamReviews(reviews, { agent, workers: 8 }).outcomes) results.push(result);
    return results;
  } finally {
    await model.close();
  }
}

/** What must become of one review, by the faults that meet its attempts. */
export interface Expected {
  readonly status: 'ok' | 'failed';
  readonly sentiment: string | null;
  readonly error_code: string | null;
  readonly attempts: number;
}

/** Works out, without a server, what must become of an item. */
export function expectedOf(item: number, plan: FaultPlan): Expected {
  let wrongAnswers = 0;
  for (let attempt = 1; ; attempt += 1) {
    const fault: FaultKind | undefined = plan(String(item), attempt);
    if (!fault?.code) return { status: 'ok', sentiment: rightLabel, error_code: null, attempts: attempt };
    if (fault.retried === 'once') wrongAnswers += 1;
    if (!fault.retried || wrongAnswers > 1 || attempt > maxRetries) {
      return { status: 'failed', sentiment: null, error_code: fault.code, attempts: attempt };
    }
  }
}
