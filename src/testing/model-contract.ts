import assert from 'node:assert/strict';
import { isCodedError } from '../foundation/errors/chorale-error.js';
import type { Model, ModelAnswer, ModelRequest } from '../model/model.js';

/** Says why a case does not apply to a model. */
export interface NotApplicable {
  readonly because: string;
}

/** A request that the model can answer, and a test of which texts answer this request and no other. */
export interface ContractRequest {
  readonly request: ModelRequest;
  readonly accepts: (text: string) => boolean;
}

/** A model whose provider never answers. */
export interface SilentModel {
  readonly model: Model;
  /** Resolves when the request has been sent. */
  readonly asked: Promise<unknown>;
}

/** A model under test, and what can be expected of it. */
export interface ModelSubject {
  /** Makes a model; each case makes its own and closes it. */
  readonly create: () => Model | Promise<Model>;
  readonly requests: readonly [ContractRequest, ContractRequest, ...ContractRequest[]];
  /** Number of requests that have reached the provider, over all models of this subject. */
  readonly asked: (() => number) | NotApplicable;
  /** Makes a model that gets no answer. */
  readonly createSilent: (() => SilentModel | Promise<SilentModel>) | NotApplicable;
  /** Makes a model that fails on every request. */
  readonly createFailing: (() => Model | Promise<Model>) | NotApplicable;
  /** It counts tokens. */
  readonly usage: true | NotApplicable;
  /** It gives token probabilities. */
  readonly probabilities: true | NotApplicable;
}

/** One rule of the port. */
export interface ModelContractCase {
  readonly name: string;
  /** Why the case does not apply to the subject; undefined if it does. */
  skipReason(subject: ModelSubject): string | undefined;
  /** Rejects with an AssertionError if the model breaks the rule. */
  run(subject: ModelSubject): Promise<void>;
}

type Need = 'asked' | 'createSilent' | 'createFailing' | 'usage' | 'probabilities';
type Given<N extends Need> = { readonly [K in N]: Exclude<ModelSubject[K], NotApplicable> };

/**
 * The contract of every `Model`, for any test runner:
 *
 * @example
 * for (const { name, run, skipReason } of modelContract) test(name, { skip: skipReason(mine) ?? false }, () => run(mine));
 */
export const modelContract: readonly ModelContractCase[] = [
  rule('it says who answers', [], async (model) => {
    assert.ok(model.provider.length > 0, 'the provider has no name');
    assert.ok(model.name.length > 0, 'the model has no name');
    assert.notEqual(model.caveat, '', 'a caveat that says nothing must be null');
  }),
  rule('prepare() tells about the server, or null', [], async (model, request) => {
    const { serverVersion, loadMs } = await model.prepare(request, unaborted());
    assert.ok(serverVersion === null || serverVersion.length > 0);
    assertDuration(loadMs, 'loadMs');
  }),
  rule('prepare() rejects with the reason of an aborted signal', [], async (model, request) => {
    const reason = new Error('stopped before');
    await rejectsWith(model.prepare(request, { signal: AbortSignal.abort(reason) }), reason);
  }),
  rule('it answers with a text, a finish reason and measured times', [], async (model, _, { requests }) => {
    for (const { request, accepts } of requests) {
      const answer = await model.ask(request, unaborted());
      assertAnswer(answer);
      assert.ok(accepts(answer.text), `not an answer to the request: ${answer.text}`);
    }
  }),
  rule('it counts tokens', ['usage'], async (model, request) => {
    const { usage } = await model.ask(request, unaborted());
    assert.ok(usage.promptTokens !== null && usage.promptTokens > 0, 'no prompt tokens');
    assert.ok(usage.completionTokens !== null && usage.completionTokens > 0, 'no completion tokens');
  }),
  rule('it gives the probability of each token, when asked for', ['probabilities'], async (model, request) => {
    const { topLogprobs: _, ...plain } = request;
    assert.equal((await model.ask(plain, unaborted())).logprobs, null, 'probabilities that nobody asked for');
    const wanted = { ...plain, topLogprobs: 5 };
    assertProbabilities(await model.ask(wanted, unaborted()), wanted);
  }),
  rule(
    'concurrent requests do not disturb one another, nor does an aborted one',
    [],
    async (model, request, { requests }) => {
      const reason = new Error('this one only');
      const stopped = new AbortController();
      const lost = model.ask(request, { signal: stopped.signal }).then(
        () => undefined, // It was quicker than the abort.
        (error) => assert.equal(error, reason),
      );
      const asked = [...requests, ...requests].map(async ({ request: one, accepts }) => {
        const { text } = await model.ask(one, unaborted());
        assert.ok(accepts(text), `not an answer to the request: ${text}`);
      });
      stopped.abort(reason);
      await Promise.all([lost, ...asked]);
    },
  ),
  rule('an aborted signal rejects with its reason', [], async (model, request) => {
    const reason = new Error('stopped before');
    await rejectsWith(model.ask(request, { signal: AbortSignal.abort(reason) }), reason);
  }),
  rule('with an aborted signal no request is sent', ['asked'], async (model, request, { asked }) => {
    const before = asked();
    await model.ask(request, { signal: AbortSignal.abort() }).catch(() => undefined);
    assert.equal(asked(), before);
  }),
  rule('an abort in flight rejects with the reason', ['createSilent'], async (_, request, { createSilent }) => {
    const { model, asked } = await createSilent();
    try {
      const stopped = new AbortController();
      const reason = new Error('stopped meanwhile');
      const answer = model.ask(request, { signal: stopped.signal });
      await Promise.race([asked, answer]);
      stopped.abort(reason);
      await rejectsWith(answer, reason);
    } finally {
      await model.close();
    }
  }),
  rule('failures carry a code', ['createFailing'], (_, request, { createFailing }) =>
    withModel(createFailing, (model) =>
      assert.rejects(model.ask(request, unaborted()), (error) => {
        assert.ok(isCodedError(error), `no code of the catalogue: ${String(error)}`);
        return true;
      }),
    ),
  ),
  rule('close() may be called again, also at the same time', [], async (model) => {
    await Promise.all([model.close(), model.close()]);
    await model.close();
  }),
];

function rule<N extends Need>(
  name: string,
  needs: readonly N[],
  check: (model: Model, request: ModelRequest, subject: ModelSubject & Given<N>) => Promise<void>,
): ModelContractCase {
  const skipReason = (subject: ModelSubject): string | undefined => {
    const missing = needs.map((need): ModelSubject[Need] => subject[need]).find((one) => typeof one === 'object');
    return typeof missing === 'object' ? missing.because : undefined;
  };
  return {
    name,
    skipReason,
    async run(subject) {
      const reason = skipReason(subject);
      if (reason !== undefined) assert.fail(`the case does not apply: ${reason}`);
      const [{ request }] = subject.requests;
      await withModel(subject.create, (model) => check(model, request, subject as ModelSubject & Given<N>));
    },
  };
}

async function withModel(create: () => Model | Promise<Model>, use: (model: Model) => Promise<void>): Promise<void> {
  const model = await create();
  try {
    await use(model);
  } finally {
    await model.close();
  }
}

function unaborted(): { readonly signal: AbortSignal } {
  return { signal: new AbortController().signal };
}

async function rejectsWith(work: Promise<unknown>, reason: unknown): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.equal(error, reason, 'it rejects with something else than the reason of the signal');
    return true;
  });
}

function assertAnswer({ text, finishReason, usage, durations, confidence = 0 }: ModelAnswer): void {
  assert.equal(typeof text, 'string');
  assert.ok(['stop', 'length', 'other'].includes(finishReason), `finish reason ${finishReason}`);
  for (const [name, count] of Object.entries(usage)) {
    assert.ok(count === null || (Number.isInteger(count) && count >= 0), `${name} is ${count}`);
  }
  assert.ok(confidence >= 0 && confidence <= 1, `the confidence is ${confidence}`);
  assert.ok(Number.isFinite(durations.totalMs), 'totalMs is not measured');
  for (const [name, duration] of Object.entries(durations)) assertDuration(duration, name);
}

function assertDuration(duration: number | null, name: string): void {
  assert.ok(duration === null || (Number.isFinite(duration) && duration >= 0), `${name} is ${duration}`);
}

/**
 * The token that ends an answer may be counted and have no entry, as may those of the object around an answer whose
 * schema is none.
 */
function assertProbabilities({ logprobs, usage }: ModelAnswer, { schema, topLogprobs: most = 0 }: ModelRequest): void {
  assert.ok(logprobs !== null && logprobs.length > 0, 'no probabilities');
  if (usage.completionTokens !== null) {
    const missing = usage.completionTokens - logprobs.length;
    const mayBeWrapped = schema !== undefined && schema.type !== 'object';
    const mostMissing = mayBeWrapped ? Number.POSITIVE_INFINITY : 1;
    const report = `${logprobs.length} entries for ${usage.completionTokens} tokens`;
    assert.ok(missing >= 0 && missing <= mostMissing, report);
  }
  for (const { logprob, alternatives } of logprobs) {
    assert.ok(alternatives.length <= most, `${alternatives.length} alternatives`);
    for (const one of [logprob, ...alternatives.map((alternative) => alternative.logprob)]) {
      assert.ok(one <= 0, `the logarithm of a probability is ${one}`);
    }
  }
}
