import type { ServerResponse } from 'node:http';
import { describe } from 'vitest';
import { createManualClock } from '../../../src/testing/index.js';
import { withoutBackoff } from '../../harness/without-backoff.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { closed, signalOf, test } from '../ollama/real-server.js';
import { providers } from '../providers.js';

const hourMs = 3_600_000;
const idleTimeoutMs = 30_000;

describe.each(providers)('$name', ({ create, type, pieces: [first, second] }) => {
  test('the first token may take hours: the caller has the limit', async ({ server, expect }) => {
    const asked = signalOf<ServerResponse>();
    server.answer((response) => asked.resolve(response));
    const clock = createManualClock();
    const model = create(server.host, { clock });
    const answer = model.ask(question(), { ...unaborted(), idleTimeoutMs });
    const response = await asked.promise;
    await clock.advance(5 * hourMs);
    response.writeHead(200, { 'content-type': type }).end(first + second);
    expect(await answer).toMatchObject({ text: 'positive' });
    expect(clock.pendingTimers).toBe(0);
    await model.close();
  });

  test('an answer that stalls is given up, for another attempt', async ({ server, expect }) => {
    const asked = signalOf<ServerResponse>();
    server.answer((response) => {
      response.writeHead(200, { 'content-type': type }).write(first);
      asked.resolve(response);
    });
    const clock = createManualClock();
    const model = create(server.host, { clock });
    const arrived = signalOf<void>();
    const call = { ...unaborted(), idleTimeoutMs, onPiece: () => arrived.resolve() };
    const answer = model.ask(question(), call).catch((error: unknown) => error);
    const gone = closed(await asked.promise);
    await arrived.promise;
    await clock.advance(idleTimeoutMs);
    expect(await answer).toMatchObject({
      code: 'CHORALE_MODEL_SILENT',
      message: `no further token within ${idleTimeoutMs} ms`,
    });
    await gone;
    expect(clock.pendingTimers).toBe(0);
    await model.close();
  });

  test('a slow answer is none that stalls: the limit begins anew with each piece', async ({ server, expect }) => {
    const asked = signalOf<ServerResponse>();
    server.answer((response) => {
      response.writeHead(200, { 'content-type': type }).write(first);
      asked.resolve(response);
    });
    const clock = createManualClock();
    const model = create(server.host, { clock });
    let heard = signalOf<void>();
    const call = { ...unaborted(), idleTimeoutMs, onPiece: () => heard.resolve() };
    const answer = model.ask(question(), call);
    const response = await asked.promise;
    await heard.promise;
    heard = signalOf<void>();
    await clock.advance(idleTimeoutMs - 1);
    response.write(second.slice(0, -3));
    await heard.promise;
    await clock.advance(idleTimeoutMs - 1);
    response.end(second.slice(-3));
    expect(await answer).toMatchObject({ text: 'positive' });
    await model.close();
  });

  test('a server that takes the connection and says nothing is told after ten seconds', async ({ server, expect }) => {
    const asked = signalOf<ServerResponse>();
    server.answer((response) => asked.resolve(response));
    const clock = createManualClock();
    const model = create(server.host, { clock });
    const prepared = model.prepare(question(), unaborted()).catch((error: unknown) => error);
    const gone = closed(await asked.promise);
    await clock.advance(10_000);
    expect(await prepared).toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      problem: 'no answer within 10000 ms',
    });
    await gone;
    expect(clock.pendingTimers).toBe(0);
    await model.close();
  });

  test.for([
    [500, 3],
    [429, 3],
    [503, 3],
    [408, 1],
  ] as const)('%i before the first request, %i times, is waited for', async ([status, times], { server, expect }) => {
    let failures = 0;
    server.answer((response, { url }) => {
      failures += 1;
      if (failures <= times) return response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
      const list = url?.endsWith('/models') ? { data: [{ id: 'small' }] } : { version: '1.0', models: [] };
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
    });
    const model = create(server.host, { clock: withoutBackoff });
    expect(await model.prepare(question(), unaborted())).toMatchObject({
      serverVersion: expect.toBeOneOf([null, '1.0']),
    });
    await model.close();
  });

  test('one that says that it loads the model is waited for, however often it says so', async ({ server, expect }) => {
    let asked = 0;
    server.answer((response, { url }) => {
      asked += 1;
      const headers = { 'content-type': 'application/json' };
      if (asked <= 20) return response.writeHead(503, headers).end('{"error":{"message":"Loading model","code":503}}');
      const list = url?.endsWith('/models') ? { data: [{ id: 'small' }] } : { version: '1.0', models: [] };
      return response.writeHead(200, headers).end(JSON.stringify(list));
    });
    const model = create(server.host, { clock: withoutBackoff });
    await model.prepare(question(), unaborted());
    expect(asked).toBeGreaterThan(20);
    await model.close();
  });

  test.for([401, 403, 400])('%i before the first request is final', async (status, { server, expect }) => {
    let asked = 0;
    server.answer((response) => {
      asked += 1;
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":"no"}');
    });
    const model = create(server.host, { clock: withoutBackoff });
    await model.prepare(question(), unaborted()).catch(() => undefined);
    expect(asked).toBe(1);
    await model.close();
  });
});
