import { expect, test } from 'vitest';
import { textObserver } from '../../../src/foundation/events/observers.js';

test('an event becomes a short line for people', () => {
  const lines: string[] = [];
  const observer = textObserver({ write: (line) => lines.push(line) });
  const timestamp = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  const data = { worker_id: 1, item_index: 2, total_items: null };
  observer.onEvent({ type: 'worker.start', timestamp, source: 'me', data });
  observer.onEvent({
    type: 'worker.complete',
    timestamp,
    source: 'me',
    data: { ...data, error: true, error_type: 'Error', message: 'no "answer"\nat all' },
  });
  observer.onEvent({
    type: 'workflow.complete',
    timestamp,
    source: 'me',
    data: { run_id: 'r', status: 'completed', duration_ms: 0.3355329999999981, error: false },
  });
  expect(lines).toEqual([
    '03:04:05.006 worker.start worker_id=1 item_index=2 total_items=null\n',
    '03:04:05.006 worker.complete worker_id=1 item_index=2 total_items=null error=true error_type=Error message="no \\"answer\\"\\nat all"\n',
    '03:04:05.006 workflow.complete run_id=r status=completed duration_ms=0.336 error=false\n',
  ]);
});

test('a state that is no JSON costs its place in the line, not the lines after it', () => {
  const lines: string[] = [];
  const observer = textObserver({ write: (line) => lines.push(line) });
  const cycle: Record<string, unknown> = { big: 10n };
  cycle.self = cycle;
  const data = { node: 'a', iteration: 1, input_snapshot: cycle, output_snapshot: { b: 1 } };
  observer.onEvent({ type: 'node.state', timestamp: 0, source: 'me', data });
  expect(lines).toEqual([
    '00:00:00.000 node.state node=a iteration=1 input_snapshot=(no JSON) output_snapshot={"b":1}\n',
  ]);
});
