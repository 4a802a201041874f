import type { RunStore } from '../../analysis/run-store.js';
import type { Agent } from '../../classify/agent.js';
import type { Calibration } from '../../classify/calibration/calibration.js';
import type { PromptTrial } from '../../evaluate/prompt-trial.js';
import type { AgentExtras } from '../make-agent.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import type { Settings } from '../options/settings.js';
import type { ProgressDisplay } from '../progress/show-progress.js';
import type { Terminal } from '../terminal.js';
import type { Columns, OpenInput } from './open-input.js';

/** Everything that a run needs. */
export interface AnalysisPlan {
  readonly flags: AnalyzeFlags;
  readonly settings: Settings;
  readonly agent: Agent;
  /** With which further agents are made. */
  readonly extras: AgentExtras;
  readonly input: OpenInput;
  readonly columns: Columns;
  /** Makes the confidence; undefined: it is as the model gives it. */
  readonly calibration?: Calibration | undefined;
  /** How `--prompt auto` chose the prompt; undefined: it was named. */
  readonly trial?: PromptTrial | undefined;
  readonly progress: ProgressDisplay;
  readonly signal: AbortSignal;
  /** Where the run is recorded. */
  readonly store: RunStore;
  readonly terminal: Terminal;
}
