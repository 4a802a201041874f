import type { Hub } from './hub.js';
import { HubCore } from './hub-core.js';
import { type HubOptions, settleHubOptions } from './hub-options.js';
import type { HubTypes } from './hub-types.js';

/**
 * Makes a hub, over which agents send one another messages. It is driven by what happens: an idle hub has no timer and
 * uses no processor time. It need not be closed to be collected.
 *
 * @throws InvalidOptionError, UnknownObserverError
 *
 * @example
 * const hub = createHub<{ agents: { greeter: string }; replies: { greeter: string } }>({ name: 'lobby' });
 * hub.register('greeter', ({ data }) => `Hello, ${data}!`);
 * const { data } = await hub.request({ from: 'me', to: 'greeter', data: 'Ada' });
 * console.log(data); // 'Hello, Ada!'
 * await hub.close();
 */
export function createHub<T extends HubTypes = HubTypes>(options: HubOptions): Hub<T> {
  // What the types of the messages are is known to the compiler only.
  const hub: unknown = new HubCore(settleHubOptions(options));
  return hub as Hub<T>;
}
