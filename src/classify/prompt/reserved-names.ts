/** Names that mean the same in every template; `text` is another name of `review`. Any other name is that of a column. */
export const rootNames = ['review', 'text', 'labels', 'labelList', 'fieldList', 'examples'];

/** What a template may refer to inside `{{#each}}`, where the others need a `../` in front. */
export const itemNames = ['this', 'text', 'label', 'answerJson'];

export const helpers = ['role', 'json', 'if', 'unless', 'each', 'with', 'ifEquals', 'unlessEquals'];

/** Helpers of Handlebars and Dotprompt that no prompt of chorale uses. A column of such a name would call it. */
const otherHelpers = ['lookup', 'log', 'history', 'media', 'section', 'helperMissing', 'blockHelperMissing'];

const reservedNames: ReadonlySet<string> = new Set([...rootNames, ...itemNames, ...helpers, ...otherHelpers]);

/** Whether a name in a template cannot be that of a column. */
export function isReserved(name: string): boolean {
  return reservedNames.has(name);
}

/** Whether a name can be written in a template as it stands. */
export function isTemplateName(name: string): boolean {
  return /^[\p{L}_][\p{L}\p{M}\p{N}_-]*$/u.test(name);
}
