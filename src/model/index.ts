export type { HostFigures } from './host-figures.js';
export { publicAddress } from './http/read-address.js';
export { type HttpServiceOptions, httpService } from './http-service/http-service-model.js';
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
  TokenProbability,
} from './model.js';
export { publicHostUrl } from './ollama/host-url.js';
export type { InstalledModel } from './ollama/installed-models.js';
export { type OllamaOptions, ollama } from './ollama/ollama-model.js';
export { type OllamaServer, ollamaServer, type PullProgress } from './ollama/ollama-server.js';
export { type OpenAICompatibleOptions, openaiCompatible } from './openai/openai-model.js';
