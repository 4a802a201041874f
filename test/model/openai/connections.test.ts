import type { ServerResponse } from 'node:http';
import { describe } from 'vitest';
import { isRetryable } from '../../../src/foundation/errors/chorale-error.js';
import type { Runtime } from '../../../src/foundation/runtime.js';
import { openaiCompatible } from '../../../src/model/openai/openai-model.js';
import { createManualClock } from '../../../src/testing/index.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { closed, hostOfNobody, signalOf, test } from '../ollama/real-server.js';
import { watchTimer } from '../watch-timer.js';
import { done, event, finish, piece } from './fake-openai.js';

const firstTokenTimeoutMs = 60_000;
const totalTimeoutMs = 300_000;

function modelOn(host: string, clock?: Runtime) {
  return openaiCompatible({ model: 'small', host, apiKey: 'sk-s3cret', firstTokenTimeoutMs, totalTimeoutMs, clock });
}

/** Begins a stream of events; a text goes as it stands. */
function beginEvents(response: ServerResponse, ...chunks: readonly (object | string)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const chunk of chunks) response.write(typeof chunk === 'string' ? chunk : event(chunk));
}

describe('a connection that fails', () => {
  test('it is refused', async ({ expect }) => {
    const host = await hostOfNobody();
    const model = modelOn(host);
    const error = await model.prepare(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      message: `no model server answers at ${host}/v1 (connection refused); start the server, or name another with host or OPENAI_BASE_URL`,
    });
    expect(isRetryable(error)).toBe(true);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ problem: 'connection refused' });
    await model.close();
  });

  test('neither key nor credentials are in the error', async ({ expect }) => {
    const model = modelOn((await hostOfNobody()).replace('//', '//ann:s3cret@'));
    const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('s3cret');
    await model.close();
  });

  test('it is reset before the answer begins', async ({ server, expect }) => {
    server.answer((response) => void response.socket?.resetAndDestroy());
    const model = modelOn(server.host);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      problem: 'the connection was reset',
    });
    await model.close();
  });

  test('it is reset in the middle of the answer', async ({ server, expect }) => {
    server.answer((response) => {
      beginEvents(response, piece('posi'));
      response.write('data: {"half', () => response.socket?.resetAndDestroy());
    });
    const model = modelOn(server.host);
    const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_CUT_OFF' });
    expect(isRetryable(error)).toBe(true);
    await model.close();
  });

  test('what breaks off after the finish is not missed', async ({ server, expect }) => {
    server.answer((response) => {
      beginEvents(response, piece('positive'), finish());
      response.write('data: {"half', () => response.socket?.resetAndDestroy());
    });
    const model = modelOn(server.host);
    await expect(model.ask(question(), unaborted())).resolves.toMatchObject({ text: 'positive' });
    await model.close();
  });

  test('what follows the end is not waited for', async ({ server, expect }) => {
    server.answer((response) => beginEvents(response, piece('positive'), finish(), done));
    const model = modelOn(server.host);
    await expect(model.ask(question(), unaborted())).resolves.toMatchObject({ text: 'positive' });
    await model.close();
  });
});

test('questions one after another share connections', async ({ server, expect }) => {
  server.answer((response) => {
    beginEvents(response, piece('positive'), finish(), done);
    response.end();
  });
  const model = modelOn(server.host);
  for (let count = 0; count < 10; count += 1) await model.ask(question(), unaborted());
  // The second question may find the first connection busy still with the end of the first answer.
  expect(server.connections).toBeLessThanOrEqual(2);
  await model.close();
});

describe('what ends a question closes its connection, so that the server stops working on it', () => {
  test('an abort in the queue', async ({ server, expect }) => {
    const queued = signalOf<ServerResponse>();
    server.answer((response) => queued.resolve(response));
    const model = modelOn(server.host);
    const stopped = new AbortController();
    const reason = new Error('enough');
    const answer = model.ask(question(), { signal: stopped.signal }).catch((error: unknown) => error);
    const gone = closed(await queued.promise);
    stopped.abort(reason);
    expect(await answer).toBe(reason);
    await gone;
    await model.close();
  });

  test.for([
    ['in the middle of the answer', [piece('posi')]],
    ['after its finish', [piece('positive'), finish()]],
  ] as const)('an abort %s', async ([, chunks], { server, expect }) => {
    const begun = signalOf<ServerResponse>();
    server.answer((response) => {
      beginEvents(response, ...chunks);
      begun.resolve(response);
    });
    const { clock, calledOff: firstToken } = watchTimer(firstTokenTimeoutMs);
    const model = modelOn(server.host, clock);
    const stopped = new AbortController();
    const answer = model.ask(question(), { signal: stopped.signal }).catch((error: unknown) => error);
    const gone = closed(await begun.promise);
    await firstToken;
    stopped.abort('enough');
    expect(await answer).toBe('enough');
    await gone;
    await model.close();
  });

  test('an abort while it is prepared', async ({ server, expect }) => {
    const listing = signalOf<ServerResponse>();
    server.answer((response) => listing.resolve(response));
    const model = modelOn(server.host);
    const stopped = new AbortController();
    const prepared = model.prepare(question(), { signal: stopped.signal }).catch((error: unknown) => error);
    const gone = closed(await listing.promise);
    stopped.abort('enough');
    expect(await prepared).toBe('enough');
    await gone;
    await model.close();
  });

  test.for([
    ['nothing', []],
    ['headers and comments', [': wait\n\n', ': wait\n\n']],
    ['a role', [piece('', { delta: { role: 'assistant', content: '' } })]],
  ] as const)('no first token in time, but %s', async ([, chunks], { server, expect }) => {
    const queued = signalOf<ServerResponse>();
    server.answer((response) => {
      if (chunks.length > 0) beginEvents(response, ...chunks);
      queued.resolve(response);
    });
    const clock = createManualClock();
    const model = modelOn(server.host, clock);
    const answer = model.ask(question(), unaborted()).catch((error: unknown) => error);
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

  test('an answer without end', async ({ server, expect }) => {
    const begun = signalOf<ServerResponse>();
    server.answer((response) => {
      beginEvents(response, piece('posi'));
      begun.resolve(response);
    });
    const { clock, calledOff: firstToken } = watchTimer(firstTokenTimeoutMs);
    const model = modelOn(server.host, clock);
    const answer = model.ask(question(), unaborted()).catch((error: unknown) => error);
    const gone = closed(await begun.promise);
    await firstToken;
    await clock.advance(totalTimeoutMs);
    expect(await answer).toMatchObject({ code: 'CHORALE_MODEL_TIMEOUT', afterMs: totalTimeoutMs });
    await gone;
    expect(clock.pendingTimers).toBe(0);
    await model.close();
  });

  test('white space without end', async ({ server, expect }) => {
    const gone = signalOf<unknown>();
    server.answer((response) => {
      beginEvents(response, piece('{"answer":'));
      const writeOn = () => {
        while (response.write(event(piece('\n\n'))));
      };
      response.on('drain', writeOn).on('close', gone.resolve);
      writeOn();
    });
    const model = modelOn(server.host);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_ANSWER_INVALID',
      problem: 'repeats white space without end',
    });
    await gone.promise;
    await model.close();
  });

  test('what is sent on and on after the end', async ({ server, expect }) => {
    const gone = signalOf<unknown>();
    server.answer((response) => {
      beginEvents(response, piece('positive'), finish(), done);
      const writeOn = () => {
        while (response.write(': still here\n\n'));
      };
      response.on('drain', writeOn).on('close', gone.resolve);
      writeOn();
    });
    const model = modelOn(server.host);
    await expect(model.ask(question(), unaborted())).resolves.toMatchObject({ text: 'positive' });
    await gone.promise;
    await model.close();
  });

  test('a page of a proxy that never ends', async ({ server, expect }) => {
    const gone = signalOf<unknown>();
    server.answer((response) => {
      response.on('close', gone.resolve).writeHead(200, { 'content-type': 'text/html' }).write('<html>');
    });
    const model = modelOn(server.host);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ code: 'CHORALE_MODEL_RESPONSE' });
    await gone.promise;
    await model.close();
  });
});
