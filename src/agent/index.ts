export {
  type Agent,
  type AgentOptions,
  type AttemptReason,
  createAgent,
  type JudgeCall,
} from './agent.js';
export type { Verdict } from './answer-format.js';
export type { Judgement } from './judgement.js';
export { isTinyMass, LabelMasses, probedAnswers } from './label-masses.js';
export { type LongHandling, type LongStrategy, longStrategies, type PromptSize } from './long-strategy.js';
export type { PacingOptions } from './pacer.js';
