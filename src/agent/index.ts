export { type Agent, type AgentOptions, createAgent, type JudgeCall, type Judgement } from './agent.js';
export type { Verdict } from './answer-format.js';
export type { PacingOptions } from './pacer.js';
