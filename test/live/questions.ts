import type { ModelRequest } from '../../src/model/model.js';

export const labels = ['positive', 'negative'];
export const options = { maxOutputTokens: 12, contextTokens: 2_048, temperature: 0, seed: 1, stopSequences: ['\n'] };
const examples = 'Review: I love it\nSentiment: positive\n\nReview: It is junk\nSentiment: negative\n\n';

/** A question that is one text to be continued. */
export function completion(subject: string): ModelRequest {
  const input = { kind: 'completion', prompt: `${examples}Review: ${subject}\nSentiment:` } as const;
  return { input, subject, labels, options: { ...options, maxOutputTokens: 1 } };
}

/** A question of a chat, whose answer is held by a schema. */
export function chat(subject: string): ModelRequest {
  const content = `${examples}Review: ${subject}\nSentiment:`;
  return {
    input: { kind: 'chat', messages: [{ role: 'user', content }] },
    subject,
    labels,
    options: { ...options, stopSequences: [] },
    schema: { type: 'string', enum: labels },
  };
}

/** A call that nobody aborts. */
export function unaborted() {
  return { signal: new AbortController().signal };
}

/**
 * Tells which questions go out.
 * @param mark what the body of a question has, and no other
 */
export function watchedFetch(mark = '"stream":true') {
  let count = 0;
  let arrived: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const watched = async (url: string, init?: RequestInit): Promise<Response> => {
    const isQuestion = String(init?.body).includes(mark);
    if (isQuestion) count += 1;
    const response = await fetch(url, init);
    if (isQuestion) arrived();
    return response;
  };
  return { fetch: watched, count: () => count, asked };
}
