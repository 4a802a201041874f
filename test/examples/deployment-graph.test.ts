import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('the example of a deployment tells its story', async () => {
  const lines = await runExample('deployment-graph');
  expect(lines.slice(0, 22)).toEqual([
    'plan       1.5.0: compile, bundle',
    'build      1.5.0+2 by compile, bundle',
    'test       failing: contract',
    'fix        number 1: contract',
    'build      1.5.0+5 by compile, bundle',
    'test       all suites pass',
    'deploy     1.5.0+5',
    '1.5.0: deploy after 7 nodes, live is 1.5.0+5',
    '',
    'plan       1.6.0: compile, bundle',
    'build      1.6.0+2 by compile, bundle',
    'test       failing: unit, browser',
    'fix        number 1: unit',
    'build      1.6.0+5 by compile, bundle',
    'test       failing: browser',
    'fix        number 2: browser',
    'build      1.6.0+8 by compile, bundle',
    'test       failing: browser',
    'fix        number 3: browser',
    'build      1.6.0+11 by compile, bundle',
    'test       failing: browser',
    'roll back  to 1.4.2 after 3 fixes',
  ]);
  expect(lines.slice(22)).toEqual([
    '1.6.0: roll back after 13 nodes, live is 1.4.2',
    '',
    'flowchart TD',
    '  start(( )) --> n0',
    '  n0["plan"]',
    '  n1["build"]',
    '  n2["test"]',
    '  n3["fix"]',
    '  n4(["deploy"])',
    '  n5(["roll back"])',
    '  n0 --> n1',
    '  n1 --> n2',
    '  n2 -->|"all pass"| n4',
    '  n2 -->|"fewer than 3 fixes"| n3',
    '  n2 -->|"otherwise"| n5',
    '  n3 --> n1',
    '  classDef taken fill:#d3f9d8,stroke:#2b8a3e,stroke-width:2px',
    '  class n0,n1,n2,n3,n5 taken',
    '  linkStyle 0,1,2,4,5,6 stroke:#2b8a3e,stroke-width:3px',
  ]);
}, 30_000);
