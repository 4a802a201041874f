export {
  type Agent,
  type AgentOptions,
  type AttemptReason,
  createAgent,
  type JudgeCall,
  type Judgement,
} from './agent.js';
export type { Verdict } from './answer-format.js';
export { type LongHandling, type LongStrategy, longStrategies, type PromptSize } from './long-strategy.js';
export type { PacingOptions } from './pacer.js';
