import type { RunStore } from '../../analysis/run-store.js';
import type { Agent } from '../../classify/agent.js';
import type { Calibration } from '../../classify/calibration/calibration.js';
import type { PromptTrial } from '../../evaluate/prompt-trial.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import type { Settings } from '../options/settings.js';
import type { Session } from '../session.js';
import type { ShownColumns } from '../shown-columns.js';
import type { OpenInput } from './open-input.js';

/** Who answers, and how. */
export interface AnalysisSetup {
  readonly flags: AnalyzeFlags;
  /** With the prompt of the agent. */
  readonly settings: Settings;
  readonly agent: Agent;
  readonly session: Session;
  /** What the prompt shows beside the text. */
  readonly shown: ShownColumns;
}

/** Everything that a run needs. */
export interface AnalysisPlan extends AnalysisSetup {
  readonly input: OpenInput;
  readonly choices: AnalysisChoices;
}

/** What was decided before the run: it is recorded with it. */
export interface AnalysisChoices {
  readonly store: RunStore;
  /** Makes the confidence; undefined: it is as the model gives it. */
  readonly calibration: Calibration | undefined;
  /** How `--prompt auto` chose the prompt; undefined: it was named. */
  readonly trial: PromptTrial | undefined;
}
