import { z } from 'zod';
import { explanationIn } from '../http/explanation.js';
import { errorInAnswer } from '../http/http-errors.js';
import { optionalCount, optionalText } from '../http/optional-fields.js';
import type { ModelUsage } from '../model.js';
import { ModelResponseError } from '../model-errors.js';

/** What a service answers; what it need not say is null where it says it wrongly. */
const resultSchema = z.object({
  label: optionalText,
  sentiment: optionalText,
  confidence: z.number().min(0).max(1).nullish().catch(null),
  rationale: optionalText,
  usage: z.object({ prompt_tokens: optionalCount, completion_tokens: optionalCount }).nullish().catch(null),
});

/** A service's answer to one text. */
export interface ServiceResult {
  readonly label: string;
  /** 0 to 1; undefined where the service gives no such number. */
  readonly confidence: number | undefined;
  readonly rationale: string | undefined;
  readonly usage: ModelUsage;
}

/**
 * Reads what a service answered. Whether the label is one is not judged here.
 * @throws ModelResponseError where it is no answer, ModelFailedError where it tells an error under 200
 */
export function readResult(text: string): ServiceResult {
  const body = parsed(text);
  if (typeof body === 'object' && body !== null && 'error' in body && body.error) {
    throw errorInAnswer(explanationIn(body)?.problem ?? 'no explanation');
  }
  const checked = resultSchema.safeParse(body);
  const label = checked.data?.label ?? checked.data?.sentiment ?? undefined;
  if (!checked.success || label === undefined) {
    throw new ModelResponseError('it is no object with a text "label" or "sentiment" (docs/http-provider.md)');
  }
  const { confidence, rationale, usage } = checked.data;
  return {
    label,
    confidence: confidence ?? undefined,
    rationale: rationale ?? undefined,
    usage: { promptTokens: usage?.prompt_tokens ?? null, completionTokens: usage?.completion_tokens ?? null },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ModelResponseError('it is no JSON');
  }
}
