import type { RunStore } from '../../analysis/run-store.js';
import type { Agent } from '../../classify/agent.js';
import type { Calibration } from '../../classify/calibration/calibration.js';
import type { PromptTrial } from '../../evaluate/prompt-trial.js';
import type { Observer } from '../../foundation/events/event.js';
import type { Settings } from '../config/settings.js';
import type { AnalyzeFlags } from '../flags.js';
import type { AgentExtras } from '../make-agent.js';
import type { ProgressDisplay } from '../progress/progress.js';
import type { Terminal } from '../terminal.js';
import type { OpenInput } from './open-input.js';
import type { Columns } from './to-reviews.js';

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
  readonly observer: Observer;
  readonly progress: ProgressDisplay;
  /** Told of what is wrong before the first question. */
  readonly warn: (warning: string) => void;
  readonly signal: AbortSignal;
  /** Where the run is recorded. */
  readonly store: RunStore;
  readonly quiet: boolean;
  readonly terminal: Terminal;
}
