import { outputEndings } from '../../data/data-format.js';
import { flag, type OptionDefinition } from './option-definition.js';

/** What becomes of the results, and what a command says. */
export const resultOptions = {
  calibrate: flag(
    'text',
    '--calibrate <file>',
    'calibrates the confidence on labelled rows, for this run and later ones; needs --label',
  ),
  calibration: {
    type: 'switch',
    off: ['--no-calibration', 'ignores the calibration: shows the confidence of the model'],
  },
  promptCheck: {
    type: 'switch',
    off: ['--no-prompt-check', 'disables the check of other prompts after a run with --label and without --prompt'],
  },
  out: flag('outputs', '--out <file>', `results: ${outputEndings}, or FORMAT:PATH (jsonl:- is stdout); repeatable`),
  bom: flag('switch', '--bom', 'CSV and TSV outputs begin with a byte-order mark, as Excel needs it for accents', {
    key: 'output.bom',
    shownDefault: 'as the input',
  }),
  outProbabilities: flag(
    'output',
    '--out-probabilities <file>',
    'label probabilities of every answer, with its id, gold label and answer; requests them',
  ),
  events: flag('eventsTarget', '--events <file>', 'events as JSON lines; - is stderr'),
  json: flag('switch', '--json', 'the summary as one JSON object on stdout'),
  dryRun: flag('switch', '--dry-run', 'shows columns, first prompt and a token estimate; sends no request'),
  assert: flag(
    'thresholds',
    '--assert <condition>',
    "threshold for a summary field, such as 'macro_f1>=0.8'; repeatable",
  ),
  quiet: flag('switch', '--quiet', 'no progress, no warnings'),
  verbose: flag('switch', '--verbose', 'more messages on stderr; prompts and answers in events; stack traces'),
  probeMs: flag('duration', '--probe <d>', 'length of the measurement', { default: '10s' }),
  quick: flag(
    'switch',
    '--quick',
    'checks what the server reports and sends a few requests; no measurement, no prompt trial',
  ),
  insecure: flag('switch', '--insecure', 'allows registries without TLS, such as http://host/name:tag'),
  flips: flag('wholeNumber', '--flips <n>', 'shows the first N rows whose label differs', {
    default: '10',
    least: 0,
  }),
} as const satisfies Readonly<Record<string, OptionDefinition>>;
