/**
 * Adds up the test reports of a CI run; its last line is `N passed, N failed` or `N passed, N failed, N skipped`.
 *
 *   node scripts/tally-tests.mjs --command CODE:NAME --tests CODE:NAME:FOLDER
 *
 * Each option may be repeated and names a step with its exit code:
 *   --command   a step without tests of its own: a code other than 0 is a failure
 *   --tests     a step whose JSON reports are in FOLDER; a skip counts as skipped when it states a reason
 * A missing or unreadable report, a run without tests, a file that does not load, a skip without a reason, and a step
 * that ended badly though its reports know of no failure are a failure each. Plain Node, so that it also works where
 * the install failed. Exit code: 0 without failures, 1 with some, 2 for wrong usage.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What became of one step: counts, and a line for every failure that the test runner did not print itself. */
function tallyStep({ name, code, folder }) {
  const reports = folder === undefined ? [] : readReports(folder);
  const tests = reports.flatMap((report) => report.tests ?? []);
  const skips = tests.filter(({ status }) => status === 'skipped');
  const refused = skips.filter(({ reason }) => !reason);
  const failed = tests.filter(({ status }) => status === 'failed').length;
  const ending = code === 0 ? '' : `ended with code ${code}${meaningOf(code)}`;
  const problems = [
    ...reports.flatMap((report) => report.problems),
    ...refused.map((test) => `skipped without a reason: ${test.title}`),
  ];
  if (ending && failed + problems.length === 0) problems.push(ending);
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: failed + problems.length,
    skipped: skips.length - refused.length,
    problems: problems.map((problem) => `${name}: ${problem}`),
  };
}

function meaningOf(code) {
  if (code === 124 || code === 137) return ' (out of time)';
  return code === 127 ? ' (a command was not found)' : '';
}

function readReports(folder) {
  let files = [];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  } catch {
    // No folder, no report.
  }
  if (files.length === 0) return [{ problems: ['wrote no test report'] }];
  return files.map((file) => readReport(join(folder, file)));
}

function readReport(path) {
  try {
    const { testResults } = JSON.parse(readFileSync(path, 'utf8'));
    const tests = testResults.flatMap((file) => file.assertionResults.map(readTest));
    const problems = testResults
      .filter((file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'))
      .map((file) => `${file.name} failed as a whole: ${file.message}`);
    if (tests.length === 0 && problems.length === 0) problems.push(`no test ran (${path})`);
    return { tests, problems };
  } catch (error) {
    return { problems: [`unreadable test report ${path}: ${error.message}`] };
  }
}

function readTest({ status, fullName, meta }) {
  const known = status === 'passed' || status === 'failed' ? status : 'skipped';
  return { status: known, title: fullName, reason: meta?.skipReason };
}

function readSteps(args) {
  const option = { type: 'string', multiple: true, default: [] };
  const options = { command: option, tests: option };
  const { values } = parseArgs({ args, options });
  const steps = Object.keys(options).flatMap((kind) =>
    values[kind].map((text) => {
      const [, code, name, folder] = /^(\d+):([^:]+)(?::(.+))?$/s.exec(text) ?? [];
      if (code === undefined || (kind === 'command') !== (folder === undefined)) {
        throw new Error(`--${kind} ${text}: expected CODE:NAME${kind === 'command' ? '' : ':FOLDER'}`);
      }
      return { name, code: Number(code), folder };
    }),
  );
  if (steps.length === 0) throw new Error('no step to tally');
  return steps;
}

function main() {
  let steps;
  try {
    steps = readSteps(process.argv.slice(2));
  } catch (error) {
    console.error(`tally-tests: ${error.message}`);
    return 2;
  }
  const tallies = steps.map(tallyStep);
  const sum = (field) => tallies.reduce((total, tally) => total + tally[field], 0);
  for (const problem of tallies.flatMap((tally) => tally.problems)) console.log(problem);
  const skipped = sum('skipped');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return sum('failed') > 0 ? 1 : 0;
}

process.exitCode = main();
