import type { ServerResponse } from 'node:http';
import { describe } from 'vitest';
import { isRetryable } from '../../../src/foundation/errors/chorale-error.js';
import type { Runtime } from '../../../src/foundation/runtime.js';
import { ollama } from '../../../src/model/ollama/ollama-model.js';
import { createManualClock } from '../../../src/testing/index.js';
import { watchTimer } from '../watch-timer.js';
import { end, piece, question, unaborted } from './fake-ollama.js';
import { beginStream, closed, hostOfNobody, signalOf, test } from './real-server.js';

const firstTokenTimeoutMs = 60_000;
const totalTimeoutMs = 300_000;

function modelOn(host: string, clock?: Runtime) {
  return ollama({ model: 'small', host, firstTokenTimeoutMs, totalTimeoutMs, clock });
}

describe('a connection that fails', () => {
  test('it is refused', async ({ expect }) => {
    const host = await hostOfNobody();
    const model = modelOn(host);
    const error = await model.prepare(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      message: `no model server answers at ${host} (connection refused); start one with: ollama serve`,
    });
    expect(isRetryable(error)).toBe(true);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ problem: 'connection refused' });
    await model.close();
  });

  test('a port that browsers do not open is tried like any other', async ({ expect }) => {
    const model = modelOn('127.0.0.1:1');
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
  ])('the system says %s: %s', async ([code, problem], { expect }) => {
    const cause = Object.assign(new Error('it\nbroke'), code === undefined ? {} : { code });
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause }));
    const model = ollama({ model: 'small', fetch });
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      problem,
    });
  });

  test('credentials in the address are in no message', async ({ expect }) => {
    const model = modelOn((await hostOfNobody()).replace('//', '//ann:s3cret@'));
    const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_UNAVAILABLE', problem: 'connection refused' });
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
      beginStream(response, piece('posi'));
      response.write('{"half', () => response.socket?.resetAndDestroy());
    });
    const model = modelOn(server.host);
    const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_CUT_OFF' });
    expect(isRetryable(error)).toBe(true);
    await model.close();
  });

  test('it ends in the middle of a chunk of HTTP', async ({ server, expect }) => {
    server.answer((response) => {
      beginStream(response, piece('positive'), end({ done: false }));
      response.socket?.end();
    });
    const model = modelOn(server.host);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ code: 'CHORALE_MODEL_CUT_OFF' });
    await model.close();
  });

  test('what follows the last line is not waited for', async ({ server, expect }) => {
    server.answer((response) => beginStream(response, piece('positive'), end()));
    const model = modelOn(server.host);
    await expect(model.ask(question(), unaborted())).resolves.toMatchObject({ text: 'positive' });
    await model.close();
  });

  test('a closed model opens none', async ({ server, expect }) => {
    const model = modelOn(server.host);
    await model.close();
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ code: 'CHORALE_MODEL_UNAVAILABLE' });
    expect(server.connections).toBe(0);
  });
});

test('questions one after another share connections', async ({ server, expect }) => {
  server.answer((response) => {
    beginStream(response, piece('positive'), end());
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

  test('an abort in the middle of the answer', async ({ server, expect }) => {
    const begun = signalOf<ServerResponse>();
    server.answer((response) => {
      beginStream(response, piece('posi'));
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
    const loading = signalOf<ServerResponse>();
    server.answer((response) => loading.resolve(response));
    const model = modelOn(server.host);
    const stopped = new AbortController();
    const prepared = model.prepare(question(), { signal: stopped.signal }).catch((error: unknown) => error);
    const gone = closed(await loading.promise);
    stopped.abort('enough');
    expect(await prepared).toBe('enough');
    await gone;
    await model.close();
  });

  test('no first token in time', async ({ server, expect }) => {
    const queued = signalOf<ServerResponse>();
    server.answer((response) => queued.resolve(response));
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

  test('headers alone are no first token', async ({ server, expect }) => {
    const begun = signalOf<ServerResponse>();
    server.answer((response) => {
      beginStream(response);
      begun.resolve(response);
    });
    const clock = createManualClock();
    const model = modelOn(server.host, clock);
    const answer = model.ask(question(), unaborted()).catch((error: unknown) => error);
    const gone = closed(await begun.promise);
    await clock.advance(firstTokenTimeoutMs);
    expect(await answer).toMatchObject({ code: 'CHORALE_MODEL_SILENT' });
    await gone;
    await model.close();
  });

  test('an answer without end', async ({ server, expect }) => {
    const begun = signalOf<ServerResponse>();
    server.answer((response) => {
      beginStream(response, piece('posi'));
      begun.resolve(response);
    });
    const { clock, calledOff: firstToken } = watchTimer(firstTokenTimeoutMs);
    const model = modelOn(server.host, clock);
    const answer = model.ask(question(), unaborted()).catch((error: unknown) => error);
    const gone = closed(await begun.promise);
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

  test('white space without end', async ({ server, expect }) => {
    const gone = signalOf<unknown>();
    server.answer((response) => {
      beginStream(response, piece('{"sentiment":'));
      const writeOn = () => {
        while (response.write(`${JSON.stringify(piece('\n\n'))}\n`));
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
