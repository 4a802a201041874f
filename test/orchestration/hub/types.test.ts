import { expect, expectTypeOf, test } from 'vitest';
import {
  createHub,
  type Hub,
  type Message,
  message,
  notification,
  request,
  response,
} from '../../../src/orchestration/index.js';
import { settled } from '../parallel/gates.js';

interface Invoice {
  readonly amount: number;
}
interface Types {
  readonly agents: { readonly billing: Invoice; readonly shipping: string };
  readonly replies: { readonly billing: boolean };
  readonly topics: { readonly 'order.paid': { readonly order: number }; readonly 'order.sent': string };
  readonly broadcast: 'stop';
}

test('the compiler checks names and payloads', async () => {
  const hub = createHub<Types>({ name: 'orders' });
  hub.register('billing', (message) => {
    if (message.type === 'broadcast') expectTypeOf(message.data).toEqualTypeOf<'stop'>();
    else if (message.topic === undefined) expectTypeOf(message.data).toEqualTypeOf<Invoice>();
    else if (message.topic === 'order.paid') expectTypeOf(message.data).toEqualTypeOf<{ readonly order: number }>();
    else expectTypeOf(message.data).toEqualTypeOf<string>();
    return true;
  });
  hub.register('shipping', (_, context) => {
    expectTypeOf(context.hub).toEqualTypeOf<Hub<Types>>();
  });
  expectTypeOf(hub.request({ from: 'x', to: 'billing', data: { amount: 1 } })).resolves.toEqualTypeOf<
    Message<boolean, 'response'>
  >();
  await hub.send(notification({ from: 'x', to: 'shipping', data: 'parcel' }));
  await hub.send(message({ from: 'x', to: 'shipping', data: 'parcel' }));
  await hub.request(message({ from: 'x', to: 'billing', data: { amount: 1 }, type: 'request' }));
  expectTypeOf(message({ from: 'x', to: 'shipping', data: 1 }).type).toEqualTypeOf<'notification'>();
  expectTypeOf(message({ from: 'x', to: 'shipping', data: 1, type: 'request' }).type).toEqualTypeOf<'request'>();
  await hub.request(request({ from: 'x', to: 'billing', data: { amount: 1 } }));
  await hub.publish({ from: 'x', topic: 'order.paid', data: { order: 1 } });

  // @ts-expect-error: the payload of billing is an invoice
  await hub.send({ from: 'x', to: 'billing', data: 'parcel' });
  // @ts-expect-error: the payload of billing is an invoice
  await hub.send(notification({ from: 'x', to: 'billing', data: 'parcel' }));
  // @ts-expect-error: a request is not for send
  await expect(hub.send(request({ from: 'x', to: 'shipping', data: 'parcel' }))).rejects.toThrow();
  // @ts-expect-error: there is no such agent
  await expect(hub.send({ from: 'x', to: 'biling', data: 'parcel' })).rejects.toThrow();
  // @ts-expect-error: the payload of this topic is an object
  await hub.publish({ from: 'x', topic: 'order.paid', data: 1 });
  // @ts-expect-error: there is no such topic
  await hub.publish({ from: 'x', topic: 'order.lost', data: 1 });
  // @ts-expect-error: the payload of broadcasts is 'stop'
  await hub.broadcast({ from: 'x', data: 'start' });
  // @ts-expect-error: there is no such topic
  hub.subscribe('billing', 'order.lost');
  hub.unregister('billing');
  // @ts-expect-error: billing answers true or false
  hub.register('billing', () => 'paid');
  await settled();
  await hub.close();
});

test('the compiler checks answers, priorities and receivers of messages', async () => {
  const hub = createHub<Types>({ name: 'orders' });
  hub.register('billing', async () => true);
  const asked = request({ from: 'x', to: 'billing', data: { amount: 1 }, priority: 'high' });
  expectTypeOf(asked).toEqualTypeOf<Message<{ amount: number }, 'request', 'billing'>>();
  expectTypeOf(response(asked, 'yes')).toEqualTypeOf<Message<string, 'response'>>();
  const { data } = await hub.request(asked);
  expectTypeOf(data).toBeBoolean();
  await hub.send(response(asked, true));
  // @ts-expect-error: no such priority
  await expect(hub.send({ from: 'x', to: 'billing', data: { amount: 1 }, priority: 'urgent' })).rejects.toThrow();
  // @ts-expect-error: a message has a sender
  await expect(hub.send({ to: 'billing', data: { amount: 1 } })).rejects.toThrow();
  // @ts-expect-error: what billing answers is true or false
  expectTypeOf(hub.request(asked)).resolves.toEqualTypeOf<Message<string, 'response'>>();
  await hub.close();
});

test('what a map does not name cannot be sent', async () => {
  const hub = createHub<{ agents: { billing: Invoice } }>({ name: 'orders' });
  hub.register('billing', ({ data }) => expectTypeOf(data).toEqualTypeOf<Invoice>());
  // @ts-expect-error: there are no topics
  await hub.publish({ from: 'x', topic: 'order.paid', data: 1 });
  // @ts-expect-error: there are no broadcasts
  await hub.broadcast({ from: 'billing', data: 1 });
  await hub.close();
});

test('without a map everything is unknown', async () => {
  const hub = createHub({ name: 'orders' });
  hub.register('anybody', ({ data, topic }) => {
    expectTypeOf(data).toEqualTypeOf<unknown>();
    expectTypeOf(topic).toEqualTypeOf<string | undefined>();
    return 1;
  });
  hub.subscribe('anybody', 'anything');
  await hub.publish({ from: 'x', topic: 'anything', data: 1 });
  const { data } = await hub.request({ from: 'x', to: 'anybody', data: null });
  expectTypeOf(data).toEqualTypeOf<unknown>();
  await hub.close();
});
