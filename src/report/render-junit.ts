import {
  acceptsFailures,
  type Check,
  type ExperimentResult,
  type VariantResult,
} from '../evaluate/experiment/experiment-result.js';

interface Case {
  readonly name: string;
  /** Why it failed; null if it did not. */
  readonly failure: string | null;
}

/** An experiment as JUnit's XML: a suite for each variant, a case for each condition on it and one for its failures. */
export function renderJunit(result: ExperimentResult, checks: readonly Check[]): string {
  const suites = result.variants.map((variant) => ({ name: variant.name, cases: casesOf(variant, checks) }));
  const cases = suites.flatMap((suite) => suite.cases);
  const time = (result.duration_ms / 1_000).toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="chorale experiment" ${countsOf(cases)} time="${time}">`,
    ...suites.flatMap((suite) => [
      `  <testsuite name=${quoted(suite.name)} ${countsOf(suite.cases)}>`,
      ...suite.cases.map((one) => renderCase(suite.name, one)),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function casesOf(variant: VariantResult, checks: readonly Check[]): readonly Case[] {
  return [
    { name: 'every row is answered', failure: failureOf(variant, checks) },
    ...checks.filter((check) => check.variant === variant.name).map(({ name, missed }) => ({ name, failure: missed })),
  ];
}

/** A condition on the success rate that is met replaces the one that every row is answered. */
function failureOf({ name, problem, failed, rows, errors }: VariantResult, checks: readonly Check[]): string | null {
  if (problem) return `not measured: ${problem.message} [${problem.code}]`;
  if (failed === 0 || acceptsFailures(checks, name)) return null;
  const [first] = errors;
  const why = first ? `, most often: ${first.message} [${first.code}]` : '';
  return `${failed} of ${rows} rows failed${why}`;
}

function renderCase(suite: string, { name, failure }: Case): string {
  const head = `    <testcase classname=${quoted(suite)} name=${quoted(name)}`;
  if (failure === null) return `${head}/>`;
  return `${head}>\n      <failure message=${quoted(failure)}>${escaped(failure)}</failure>\n    </testcase>`;
}

function countsOf(cases: readonly Case[]): string {
  return `tests="${cases.length}" failures="${cases.filter(({ failure }) => failure !== null).length}"`;
}

/** As an attribute. Readers would turn line breaks and tabs into spaces. */
function quoted(text: string): string {
  return `"${escaped(text).replace(/[\t\n\r]/g, (space) => `&#${space.charCodeAt(0)};`)}"`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What XML may not hold at all, such as most control characters, becomes a replacement character. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
