/**
 * Three data sets at once, each with its own workers and its own rule for failures. They share a limit of time
 * and nothing else: one that fails does not harm the others.
 *
 *   npx tsx examples/several-data-sets.ts
 */
import { ParallelError, type ParallelResult, processParallel } from 'chorale/orchestration';

interface Reading {
  readonly station: string;
  readonly celsius: number | null;
}

interface DataSet {
  readonly name: string;
  readonly workers: number;
  readonly failFast: boolean;
  readonly readings: readonly Reading[];
}

const dataSets: readonly DataSet[] = [
  {
    name: 'coast',
    workers: 2,
    failFast: true,
    readings: [
      { station: 'pier', celsius: 14 },
      { station: 'dunes', celsius: 16 },
      { station: 'harbour', celsius: 15 },
    ],
  },
  {
    name: 'hills',
    workers: 3,
    failFast: false,
    readings: [
      { station: 'summit', celsius: 4 },
      { station: 'hut', celsius: null },
      { station: 'valley', celsius: 11 },
      { station: 'pass', celsius: 6 },
    ],
  },
  {
    name: 'islands',
    workers: 1,
    failFast: true,
    readings: [
      { station: 'north', celsius: 12 },
      { station: 'south', celsius: null },
      { station: 'west', celsius: 13 },
    ],
  },
];

async function toFahrenheit({ station, celsius }: Reading): Promise<number> {
  if (celsius === null) throw new Error(`station ${station} is silent`);
  return (celsius * 9) / 5 + 32;
}

async function analyse({ name, workers, failFast, readings }: DataSet, signal: AbortSignal): Promise<string> {
  try {
    const run = processParallel(readings, toFahrenheit, { maxWorkers: workers, failFast, signal });
    return `${name}: ${describe(await run)}`;
  } catch (error) {
    if (!(error instanceof ParallelError)) throw error;
    return `${name}: stopped (${error.message})`;
  }
}

function describe({ results, errors }: ParallelResult<Reading, number>): string {
  const mean = results.reduce((sum, value) => sum + value, 0) / results.length;
  const silent = errors.map(({ item }) => item.station);
  const note = silent.length === 0 ? 'all stations answered' : `without ${silent.join(', ')}`;
  return `mean of ${results.length} readings ${mean.toFixed(1)} °F, ${note}`;
}

const signal = AbortSignal.timeout(10_000);
const lines = await Promise.all(dataSets.map((dataSet) => analyse(dataSet, signal)));
for (const line of lines) console.log(line);
