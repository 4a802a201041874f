export { type PromptOptions, withMaxTokens, withOptions, withSystemPrompt } from './adapt-prompt.js';
export { type ExampleForm, exampleForms } from './example-forms.js';
export { formatPrompt } from './format-prompt.js';
export { loadPrompt, promptNames, promptPath } from './load-prompt.js';
export { neutralizeLine } from './neutralize.js';
export { parsePrompt } from './parse-prompt.js';
export { type FrontMatter, labelProblem, type Prompt, type PromptExample } from './prompt.js';
export { createPromptRenderer, type PromptRenderer } from './render-prompt.js';
export { showsLabels } from './template-variables.js';
