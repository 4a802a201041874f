import { InvalidOptionError } from '../foundation/errors/chorale-error.js';
import { cleanLabel } from '../foundation/text/visible-text.js';
import type { Model } from '../model/model.js';
import { uncombinable } from './fields/combine-fields.js';
import { labelField } from './fields/field-spec.js';
import { labelProblem } from './labels.js';
import { type LongStrategy, longStrategies } from './long-texts/long-strategy.js';
import type { Prompt } from './prompt/prompt.js';

/** Checks at run time: a JavaScript caller, or a forgotten `await`, may pass something else. */
export function requireParts({ model, prompt }: { readonly model?: Model; readonly prompt?: Prompt }): void {
  if (typeof model?.ask !== 'function') throw new InvalidOptionError('model', 'a model, as ollama() gives it', model);
  if (typeof prompt?.template !== 'string') {
    throw new InvalidOptionError('prompt', 'a prompt, as await loadPrompt() gives it', prompt);
  }
}

/**
 * The labels of an agent; none if the prompt has fields, and none of them is the label.
 * @param wanted in place of the prompt's
 * @throws InvalidOptionError
 */
export function agentLabels({ labels: own, output }: Prompt, wanted?: readonly string[]): readonly string[] {
  if (output.fields && labelField(output.fields) === undefined) {
    if (wanted === undefined) return [];
    throw new InvalidOptionError('labels', 'absent: no field of the prompt is the label', wanted.join(','));
  }
  if (output.schema && wanted && [...wanted].sort().join('\n') !== [...own].sort().join('\n')) {
    throw new InvalidOptionError('labels', `${own.join(',')}, as output.schema says`, wanted.join(','));
  }
  const labels = (wanted ?? own).map(cleanLabel);
  const problem = labelProblem(labels);
  if (problem === undefined) return labels;
  throw new InvalidOptionError('labels', `two or more different labels (${problem})`, labels.join(','));
}

/** Checks that the answers to the chunks of a text can be combined. @throws InvalidOptionError */
export function requireCombinable({ output }: Prompt, long: LongStrategy): void {
  const field = long === 'split' ? uncombinable(output.fields ?? []) : undefined;
  if (!field) return;
  const others = longStrategies.filter((one) => one !== 'split').join(', ');
  const reason = `the values of the field '${field.name}' (${field.type}) in chunks of a text do not make one for the text`;
  throw new InvalidOptionError('long', `one of ${others}: ${reason}`, long);
}

/** Checks that a model that reads no prompt, and answers with a label, can give all fields. @throws InvalidOptionError */
export function requireReader({ readsPrompt, provider }: Model, { name, output: { fields = [] } }: Prompt): void {
  const other = readsPrompt === false ? fields.find((field) => field !== labelField(fields)) : undefined;
  if (!other) return;
  const reason = `the provider ${provider} answers with a label, and cannot give the field '${other.name}'`;
  throw new InvalidOptionError('prompt', `one without fields beside the label: ${reason}`, name);
}
