import type { Prompt } from '../../classify/prompt/prompt.js';
import { showsLabels } from '../../classify/prompt/template-variables.js';
import { ExperimentError } from '../../evaluate/experiment/experiment-plan.js';

/**
 * The labels of all variants: those that were given, else the prompts'.
 * @throws ExperimentError where the prompts have different ones, or one cannot ask for those that were given
 */
export function experimentLabels(
  prompts: ReadonlyMap<string, Prompt>,
  given: readonly string[] | undefined,
): readonly string[] {
  const all = [...prompts.values()];
  const [first] = all;
  const labels = given ?? first?.labels ?? [];
  const wanted = sorted(labels);
  const strange = all.find((prompt) => sorted(prompt.labels) !== wanted && !showsLabels(prompt.template));
  if (given && strange) {
    throw new ExperimentError(
      `the prompt ${strange.name} does not show the labels ${given.join(', ')}: its own ones are ${strange.labels.join(', ')}`,
      'write {{labelList}} in its template where they belong',
    );
  }
  const other = all.find((prompt) => sorted(prompt.labels) !== wanted);
  if (!given && first && other) {
    throw new ExperimentError(
      `the prompts have different labels: ${first.name} has ${first.labels.join(', ')}, ${other.name} has ${other.labels.join(', ')}`,
      'say with --labels which all of them shall have',
    );
  }
  return labels;
}

function sorted(labels: readonly string[]): string {
  return [...labels].sort().join('\n');
}
