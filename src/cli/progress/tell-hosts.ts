import type { EventData, Observer } from '../../foundation/events/event.js';
import { renderDuration } from '../../report/format-values.js';

/** Tells when a host goes down and when it is back. */
export function tellHosts(tell: (line: string) => void): Observer {
  return {
    onEvent({ type, data }) {
      if (type === 'host.down') tell(`warning: ${data.server} is down: ${data.reason}`);
      else if (type === 'host.up') tell(`${data.server} is up after ${renderDuration(data.down_ms)}`);
      else if (type === 'host.silent') tell(renderSilence(data));
    },
  };
}

function renderSilence({ server, requests, silent_ms: silentMs, answers }: EventData['host.silent']): string {
  const silence = `no token for ${renderDuration(silentMs)} on ${requests} request${requests === 1 ? '' : 's'}`;
  if (answers === false) return `warning: ${server} answers nothing: ${silence}, and no health check`;
  return answers ? `${server}: the server answers, but has produced ${silence}` : `${server}: ${silence}`;
}
