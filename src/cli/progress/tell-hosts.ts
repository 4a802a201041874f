import type { Observer } from '../../events/index.js';
import { renderDuration } from '../../report/index.js';
import { tell } from '../standard-streams.js';
import type { ProgressDisplay } from './progress.js';

/** Tells on stderr when a host goes down and when it is back, between what the display draws. */
export function tellHosts(display: ProgressDisplay): Observer {
  return {
    onEvent({ type, data }) {
      if (type === 'host.down') {
        display.end();
        tell(`warning: ${data.server} is down: ${data.reason}`);
      } else if (type === 'host.up') {
        display.end();
        tell(`${data.server} is up after ${renderDuration(data.down_ms)}`);
      }
    },
  };
}
