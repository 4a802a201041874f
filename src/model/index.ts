export { type LexiconOptions, lexicon } from './lexicon/lexicon-model.js';
export type {
  ChatMessage,
  GenerationOptions,
  JsonSchema,
  Model,
  ModelAnswer,
  ModelCall,
  ModelDurations,
  ModelInfo,
  ModelInput,
  ModelRequest,
  ModelUsage,
  TokenLogprob,
} from './model.js';
export { type OllamaOptions, ollama } from './ollama/ollama-model.js';
