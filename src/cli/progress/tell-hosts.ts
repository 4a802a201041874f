import type { Observer } from '../../events/index.js';
import { renderDuration } from '../../report/index.js';

/** Tells when a host goes down and when it is back. */
export function tellHosts(tell: (line: string) => void): Observer {
  return {
    onEvent({ type, data }) {
      if (type === 'host.down') tell(`warning: ${data.server} is down: ${data.reason}`);
      else if (type === 'host.up') tell(`${data.server} is up after ${renderDuration(data.down_ms)}`);
    },
  };
}
