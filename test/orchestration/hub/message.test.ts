import { describe, expect, expectTypeOf, test } from 'vitest';
import { type Message, message, notification, request, response } from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('a builder', () => {
  const runtime = createManualClock({ epochMs: 1_000 });

  test('completes a draft', () => {
    expect(message({ from: 'web', to: 'billing', data: 7 }, { runtime })).toEqual({
      id: expect.stringMatching(uuidV7),
      from: 'web',
      to: 'billing',
      type: 'notification',
      data: 7,
      timestamp: 1_000,
      priority: 'normal',
    });
  });

  test('keeps what is given, and adds no empty keys', () => {
    const draft = {
      from: 'web',
      to: '*',
      type: 'broadcast',
      data: null,
      priority: 'critical',
      topic: 'news',
      replyTo: 'an id',
      headers: { trace: '1' },
    } as const;
    expect(message(draft)).toMatchObject(draft);
    expect(Object.keys(message({ from: 'a', to: 'b', data: 1 }))).not.toContain('topic');
    expect(Object.keys(message({ from: 'a', to: 'b', data: 1, headers: {} }))).not.toContain('topic');
  });

  test('takes time and chance from its host: messages of one host sort in the order of their making', () => {
    const made = [
      message({ from: 'a', to: 'b', data: 1 }, { runtime }),
      request({ from: 'a', to: 'b', data: 1 }, { runtime }),
      notification({ from: 'a', to: 'b', data: 1 }, { runtime }),
    ];
    expect(made.map(({ type }) => type)).toEqual(['notification', 'request', 'notification']);
    const ids = made.map(({ id }) => id);
    expect([...ids].sort()).toEqual(ids);
  });

  test('makes the response to a request', () => {
    const asked = request({ from: 'web', to: 'desk', data: 1, priority: 'high' });
    expect(response(asked, 'yes', { headers: { trace: '1' }, runtime })).toEqual({
      id: expect.stringMatching(uuidV7),
      from: 'desk',
      to: 'web',
      type: 'response',
      data: 'yes',
      replyTo: asked.id,
      timestamp: 1_000,
      priority: 'high',
      headers: { trace: '1' },
    });
    expect(response(asked, 'yes', { from: 'specialist' }).from).toBe('specialist');
  });

  test.each<[object | null, string]>([
    [null, 'option message must be an object, but is null'],
    [{ to: 'b' }, 'option message.from must be a text that is not empty, but is undefined'],
    [{ from: 'a', to: '' }, "option message.to must be a text that is not empty, but is '' (string)"],
    [
      { from: 'a', to: 'b', priority: 'urgent' },
      "option message.priority must be one of critical, high, normal, low, but is 'urgent' (string)",
    ],
    [
      { from: 'a', to: 'b', type: 'letter' },
      "option message.type must be one of request, response, notification, broadcast, but is 'letter' (string)",
    ],
  ])('refuses %j', (draft, text) => {
    expect(() => message(draft as never)).toThrow(text);
  });

  test('keeps the types for the compiler', () => {
    const asked = request({ from: 'a', to: 'b', data: { n: 1 } });
    expectTypeOf(asked).toEqualTypeOf<Message<{ n: number }, 'request', 'b'>>();
    expectTypeOf(response(asked, 'yes')).toEqualTypeOf<Message<string, 'response'>>();
  });
});
