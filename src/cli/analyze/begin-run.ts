import { randomUUID } from 'node:crypto';
import { fingerprintOf } from '../../analysis/fingerprint.js';
import type { JsonObject, NewReviewRun, RecordedRun } from '../../analysis/run-store.js';
import type { ModelInfo } from '../../model/model.js';
import type { Settings } from '../config/settings.js';
import { publicHost } from '../public-host.js';
import type { AnalysisPlan } from './analysis-plan.js';
import { renderBeginning } from './render-beginning.js';

/**
 * Begins the run in its store, or goes on with the one that is there, and says in one line which it is.
 * @throws RunBusyError, StoreError
 */
export async function beginRun(plan: AnalysisPlan, info: ModelInfo): Promise<RecordedRun> {
  const { agent, flags, settings, store } = plan;
  const run: NewReviewRun = {
    runId: randomUUID(),
    command: 'analyze',
    fingerprint: fingerprintOf(agent, info),
    configuration: configurationOf(settings, plan),
    input: inputOf(plan),
    fresh: flags.fresh === true,
  };
  const begun = await store.begin(run);
  const line = renderBeginning(run, begun, plan.input.total);
  if (line !== null && !plan.quiet) plan.terminal.log(line);
  return { store, begun };
}

/** Which columns and rows are used. */
function inputOf({ flags, input, columns }: AnalysisPlan): NewReviewRun['input'] {
  const { limit = null, sample = null, seed = 1, map } = flags;
  const { text, id = null, label = null } = columns;
  const blank = flags.blank ? { blank: flags.blank } : {};
  const choice = {
    text,
    id,
    label,
    ...blank,
    map: map ? [...map] : null,
    limit,
    sample,
    seed: sample === null ? null : seed,
  };
  return { names: input.names, digest: input.digest, scan: input.scan, choice: JSON.stringify(choice) };
}

/** What was set, for people who look at the run later. */
function configurationOf(settings: Settings, { flags, calibration, trial }: AnalysisPlan): JsonObject {
  const { hosts, trustsHosts: ___, apiKey: ____, provider, retry, prices: _, store: __, ...plain } = settings;
  return {
    provider,
    hosts: hosts.map((host) => publicHost(provider, host)),
    ...plain,
    ...retry,
    timeoutMs: flags.timeout,
    out: flags.out?.map(({ path }) => path),
    calibrationTemperature: calibration?.temperature,
    promptChosenBecause: trial?.because,
  };
}
