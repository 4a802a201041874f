import type { LongStrategy } from '../classify/long-texts/long-strategy.js';
import type { DataFormat } from '../data/data-source.js';
import type { ExperimentPlan } from '../evaluate/experiment/experiment-plan.js';
import type { SplitName } from '../evaluate/experiment/labelled-rows.js';
import type { ProviderName } from './config/provider-names.js';
import type { GivenSettings } from './config/settings.js';
import type { Threshold } from './config/threshold.js';
import type { VariantThreshold } from './config/variant-threshold.js';
import type { OutputTarget } from './parse-values.js';

/** The options of `demo` and `analyze`, as they were parsed. Times in milliseconds. */
export interface CommonFlags {
  readonly provider?: ProviderName;
  readonly model?: string;
  readonly host?: readonly string[];
  readonly prompt?: string;
  readonly labels?: readonly string[];
  readonly config?: string;
  readonly workers?: number;
  readonly workerCap?: number;
  readonly adaptive?: boolean;
  readonly itemTimeout?: number;
  readonly retries?: number;
  readonly maxWait?: number;
  readonly rate?: number;
  readonly tokenRate?: number;
  readonly long?: LongStrategy;
  /** True with `--probabilities`, false with `--no-probabilities`. */
  readonly probabilities?: boolean;
  readonly simulateLatency?: number;
}

/** The options of `demo`. */
export interface DemoFlags extends CommonFlags {
  readonly events?: string;
}

/** The options of `rm`. */
export interface ModelsFlags extends Pick<CommonFlags, 'host' | 'config'> {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** The options of `pull`. */
export interface PullFlags extends ModelsFlags {
  readonly insecure?: boolean;
}

/** The options of `doctor`. */
export interface DoctorFlags extends CommonFlags, Pick<ModelsFlags, 'json' | 'quiet' | 'verbose'> {
  readonly text?: string;
  readonly label?: string;
  readonly map?: AnalyzeFlags['map'];
  readonly format?: DataFormat;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly blank?: readonly string[];
  readonly probe?: number;
  readonly quick?: boolean;
}

/** What every command of `runs` has. */
export interface RecordedRunsFlags {
  readonly store?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** The options of `runs list`. */
export interface RunListFlags extends RecordedRunsFlags {
  readonly limit?: number;
}

/** The options of `runs compare`. */
export interface ComparisonFlags extends RecordedRunsFlags {
  readonly flips?: number;
}

/** The options of `analyze`. */
export interface AnalyzeFlags extends CommonFlags {
  readonly failFast?: boolean;
  readonly timeout?: number;
  readonly limit?: number;
  readonly sample?: number;
  readonly seed?: number;
  readonly text?: string;
  readonly id?: string;
  readonly label?: string;
  readonly map?: ReadonlyMap<string, string>;
  readonly calibrate?: string;
  /** False with `--no-calibration`. */
  readonly calibration?: boolean;
  /** False with `--no-prompt-check`. */
  readonly promptCheck?: boolean;
  readonly store?: string;
  readonly fresh?: boolean;
  readonly out?: readonly OutputTarget[];
  readonly format?: DataFormat;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly blank?: readonly string[];
  readonly events?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly assert?: readonly Threshold[];
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** What `experiment` has in common with `analyze`. */
type SharedFlags =
  | 'timeout'
  | 'limit'
  | 'sample'
  | 'seed'
  | 'text'
  | 'id'
  | 'label'
  | 'map'
  | 'delimiter'
  | 'encoding'
  | 'blank'
  | 'store'
  | 'fresh'
  | 'out'
  | 'events'
  | 'json'
  | 'dryRun'
  | 'quiet'
  | 'verbose';

/** The options of `experiment`. */
export interface ExperimentFlags extends Omit<CommonFlags, 'model' | 'prompt'>, Pick<AnalyzeFlags, SharedFlags> {
  readonly data?: string;
  readonly prompt?: readonly string[];
  readonly model?: readonly string[];
  readonly option?: NonNullable<ExperimentPlan['options']>;
  readonly repeats?: number;
  readonly split?: SplitName;
  readonly outDisagreements?: OutputTarget;
  /** Names of two variants. */
  readonly diff?: readonly string[];
  readonly assert?: readonly VariantThreshold[];
  /** Id, or its beginning, of a recorded run, or `latest`. */
  readonly baseline?: string;
  readonly junit?: string;
  readonly markdown?: string;
  readonly search?: 'few-shot';
  readonly examples?: number;
  readonly restarts?: number;
  readonly outPrompt?: string;
}

/** What the flags say of the settings. */
export function givenSettings(flags: CommonFlags & Pick<AnalyzeFlags, 'failFast' | 'store'>): GivenSettings {
  const { itemTimeout, maxWait, ...same } = flags;
  return { ...same, itemTimeoutMs: itemTimeout, maxWaitMs: maxWait };
}
