import type { ServerResponse } from 'node:http';
import { describe, expect } from 'vitest';
import { isRetryable } from '../../../src/foundation/errors/chorale-error.js';
import type { Runtime } from '../../../src/foundation/runtime.js';
import type { Model } from '../../../src/model/model.js';
import { ollama } from '../../../src/model/ollama/ollama-model.js';
import { createManualClock } from '../../../src/testing/index.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { closed, hostOfNobody, type RealServer, signalOf, test } from '../ollama/real-server.js';
import { event, piece } from '../openai/fake-openai.js';
import {
  beginAnswer,
  ollamaProvider,
  openaiProvider,
  type StreamingProvider,
  streamingProviders,
} from '../providers.js';
import { watchTimer } from '../watch-timer.js';

const firstTokenTimeoutMs = 60_000;
const totalTimeoutMs = 300_000;

function modelOf({ create }: StreamingProvider, host: string, clock?: Runtime): Model {
  return create(host, { clock, firstTokenTimeoutMs, totalTimeoutMs });
}

const failureOf = (answer: Promise<unknown>) => answer.catch((thrown: unknown) => thrown);

describe.each(streamingProviders)('a connection to a server of $name that fails', (provider) => {
  const { name, token, end } = provider;

  test('it is refused', async () => {
    const host = await hostOfNobody();
    const model = modelOf(provider, host);
    const error = await failureOf(model.prepare(question(), unaborted()));
    expect(error).toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      message:
        name === 'ollama'
          ? `no model server answers at ${host} (connection refused); start one with: ollama serve`
          : `no model server answers at ${host}/v1 (connection refused); start the server, or name another with host or OPENAI_BASE_URL`,
    });
    expect(isRetryable(error)).toBe(true);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ problem: 'connection refused' });
    await model.close();
  });

  test('neither a key nor credentials in the address are in the error', async () => {
    const model = modelOf(provider, (await hostOfNobody()).replace('//', '//ann:s3cret@'));
    const error = await failureOf(model.ask(question(), unaborted()));
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_UNAVAILABLE', problem: 'connection refused' });
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('s3cret');
    await model.close();
  });

  test('it is reset before the answer begins', async ({ server }) => {
    server.answer((response) => void response.socket?.resetAndDestroy());
    const model = modelOf(provider, server.host);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      problem: 'the connection was reset',
    });
    await model.close();
  });

  test('it is reset in the middle of the answer', async ({ server }) => {
    server.answer((response) => {
      beginAnswer(provider, response, token('posi'));
      response.write(token('tive').slice(0, 12), () => response.socket?.resetAndDestroy());
    });
    const model = modelOf(provider, server.host);
    const error = await failureOf(model.ask(question(), unaborted()));
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_CUT_OFF' });
    expect(isRetryable(error)).toBe(true);
    await model.close();
  });

  test('it ends in the middle of a chunk of HTTP', async ({ server }) => {
    server.answer((response) => {
      beginAnswer(provider, response, token('positive'));
      response.socket?.end();
    });
    const model = modelOf(provider, server.host);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ code: 'CHORALE_MODEL_CUT_OFF' });
    await model.close();
  });

  test('what follows the end of the answer is not waited for', async ({ server }) => {
    server.answer((response) => beginAnswer(provider, response, token('positive'), end));
    const model = modelOf(provider, server.host);
    await expect(model.ask(question(), unaborted())).resolves.toMatchObject({ text: 'positive' });
    await model.close();
  });

  test('a closed model opens none', async ({ server }) => {
    const model = modelOf(provider, server.host);
    await model.close();
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ code: 'CHORALE_MODEL_UNAVAILABLE' });
    expect(server.connections).toBe(0);
  });
});

test.for(streamingProviders)('requests one after another share connections ($name)', async (provider, { server }) => {
  server.answer((response) => {
    beginAnswer(provider, response, provider.token('positive'), provider.end);
    response.end();
  });
  const model = modelOf(provider, server.host);
  for (let count = 0; count < 10; count += 1) await model.ask(question(), unaborted());
  // The second request may find the first connection busy still with the end of the first answer.
  expect(server.connections).toBeLessThanOrEqual(2);
  await model.close();
});

/** Aborts a request once the server has sent its first token, and waits until the connection is closed. */
async function abortAfter(provider: StreamingProvider, server: RealServer, sent: string): Promise<void> {
  const first = signalOf<ServerResponse>();
  server.answer((response) => {
    beginAnswer(provider, response, sent);
    first.resolve(response);
  });
  const { clock, calledOff: firstToken } = watchTimer(firstTokenTimeoutMs);
  const model = modelOf(provider, server.host, clock);
  const stopped = new AbortController();
  const answer = failureOf(model.ask(question(), { signal: stopped.signal }));
  const gone = closed(await first.promise);
  await firstToken;
  stopped.abort('enough');
  expect(await answer).toBe('enough');
  await gone;
  await model.close();
}

describe.each(streamingProviders)('what ends a request closes its connection to $name', (provider) => {
  const { token } = provider;

  test.for(['in the queue', 'while it is prepared'])('an abort %s', async (when, { server }) => {
    const queued = signalOf<ServerResponse>();
    server.answer((response) => queued.resolve(response));
    const model = modelOf(provider, server.host);
    const stopped = new AbortController();
    const reason = new Error('enough');
    const call = { signal: stopped.signal };
    const answer = failureOf(when === 'in the queue' ? model.ask(question(), call) : model.prepare(question(), call));
    const gone = closed(await queued.promise);
    stopped.abort(reason);
    expect(await answer).toBe(reason);
    await gone;
    await model.close();
  });

  test('an abort in the middle of the answer', ({ server }) => abortAfter(provider, server, token('posi')));

  test.for(['nothing', 'headers'])('no first token in time, but %s', async (sent, { server }) => {
    const queued = signalOf<ServerResponse>();
    server.answer((response) => {
      if (sent === 'headers') beginAnswer(provider, response);
      queued.resolve(response);
    });
    const clock = createManualClock();
    const model = modelOf(provider, server.host, clock);
    const answer = failureOf(model.ask(question(), unaborted()));
    const gone = closed(await queued.promise);
    await clock.advance(firstTokenTimeoutMs - 1);
    expect(clock.pendingTimers).toBe(2);
    await clock.advance(1);
    const error = await answer;
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_SILENT', afterMs: firstTokenTimeoutMs });
    expect(isRetryable(error)).toBe(true);
    await gone;
    expect(clock.pendingTimers).toBe(0);
    await model.close();
  });

  test('an answer without end', async ({ server }) => {
    const first = signalOf<ServerResponse>();
    server.answer((response) => {
      beginAnswer(provider, response, token('posi'));
      first.resolve(response);
    });
    const { clock, calledOff: firstToken } = watchTimer(firstTokenTimeoutMs);
    const model = modelOf(provider, server.host, clock);
    const answer = failureOf(model.ask(question(), unaborted()));
    const gone = closed(await first.promise);
    await firstToken;
    await clock.advance(totalTimeoutMs - 1);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    const error = await answer;
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_TIMEOUT', afterMs: totalTimeoutMs });
    expect(isRetryable(error)).toBe(false);
    await gone;
    expect(clock.pendingTimers).toBe(0);
    await model.close();
  });

  test('white space without end', async ({ server }) => {
    const gone = signalOf<unknown>();
    server.answer((response) => {
      beginAnswer(provider, response, token('{"sentiment":'));
      writeForever(response, token('\n\n'), gone.resolve);
    });
    const model = modelOf(provider, server.host);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_ANSWER_INVALID',
      problem: 'repeats white space without end',
    });
    await gone.promise;
    await model.close();
  });

  test('a page of a proxy that never ends', async ({ server }) => {
    const gone = signalOf<unknown>();
    server.answer((response) => {
      response.on('close', gone.resolve).writeHead(200, { 'content-type': 'text/html' }).write('<html>');
    });
    const model = modelOf(provider, server.host);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ code: 'CHORALE_MODEL_RESPONSE' });
    await gone.promise;
    await model.close();
  });
});

/** Writes the same as long as the other side takes it. */
function writeForever(response: ServerResponse, text: string, onClose: (value: unknown) => void): void {
  const writeOn = () => {
    while (response.write(text));
  };
  response.on('drain', writeOn).on('close', onClose);
  writeOn();
}

describe('the events of a server of OpenAI', () => {
  const { token, end } = openaiProvider;
  const [finish = ''] = end.split('data: [DONE]');

  test('what breaks off after the finish is not missed', async ({ server }) => {
    server.answer((response) => {
      beginAnswer(openaiProvider, response, token('positive'), finish);
      response.write('data: {"half', () => response.socket?.resetAndDestroy());
    });
    const model = modelOf(openaiProvider, server.host);
    await expect(model.ask(question(), unaborted())).resolves.toMatchObject({ text: 'positive' });
    await model.close();
  });

  test.for([
    ['comments', [': wait\n\n', ': wait\n\n']],
    ['a role', [event(piece('', { delta: { role: 'assistant', content: '' } }))]],
  ] as const)('%s are no first token', async ([, chunks], { server }) => {
    const begun = signalOf<ServerResponse>();
    server.answer((response) => {
      beginAnswer(openaiProvider, response, ...chunks);
      begun.resolve(response);
    });
    const clock = createManualClock();
    const model = modelOf(openaiProvider, server.host, clock);
    const answer = failureOf(model.ask(question(), unaborted()));
    const gone = closed(await begun.promise);
    await clock.advance(firstTokenTimeoutMs);
    expect(await answer).toMatchObject({ code: 'CHORALE_MODEL_SILENT', afterMs: firstTokenTimeoutMs });
    await gone;
    await model.close();
  });

  test('an abort after the finish closes the connection', ({ server }) =>
    abortAfter(openaiProvider, server, token('positive') + finish));

  test('what is sent on and on after the end closes the connection', async ({ server }) => {
    const gone = signalOf<unknown>();
    server.answer((response) => {
      beginAnswer(openaiProvider, response, token('positive'), end);
      writeForever(response, ': still here\n\n', gone.resolve);
    });
    const model = modelOf(openaiProvider, server.host);
    await expect(model.ask(question(), unaborted())).resolves.toMatchObject({ text: 'positive' });
    await gone.promise;
    await model.close();
  });
});

describe('what the system says of a connection', () => {
  test('a port that browsers do not open is tried like any other', async () => {
    const model = modelOf(ollamaProvider, '127.0.0.1:1');
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      problem: 'connection refused',
    });
    await model.close();
  });

  test.for([
    ['ECONNREFUSED', 'connection refused'],
    ['ENOTFOUND', 'the name is not known'],
    ['EAI_AGAIN', 'the name is not known'],
    ['ECONNRESET', 'the connection was reset'],
    ['UND_ERR_SOCKET', 'the connection was reset'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [undefined, 'it broke'],
  ])('%s: %s', async ([code, problem]) => {
    const cause = Object.assign(new Error('it\nbroke'), code === undefined ? {} : { code });
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause }));
    const model = ollama({ model: 'small', fetch });
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      problem,
    });
  });
});
