/** Keys under which models put a label, besides that of the schema. */
const labelKeys = ['sentiment', 'label', 'answer', 'class', 'category'];

/** What models like to repeat of the question in front of a label. */
const cue =
  /^[\s*_#>-]*(?:(?:the|final|my|predicted)\s+)*(?:sentiment|label|answer|class|classification|category|prediction|result|output|response)(?:\s+is)?[\s*_]*[:：=]\s*/iu;

/** Takes the fence of Markdown from around a text. */
export function withoutFence(text: string): string {
  return text.replace(/^\s*```[a-z]*\s*|\s*```\s*$/gi, '');
}

/** A JSON value; undefined where the text is none. */
export function parsedJson(text: string): unknown {
  // What begins otherwise is none, and finding that out from JSON.parse costs an error with its stack.
  if (!/^\s*["{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The text in which an answer says its label, where a server does not keep the model to the form that was requested: out
 * of a fence of Markdown, a JSON string, the label's field of a JSON object (also one between sentences), a list of one, or
 * from behind a repeated cue (`Sentiment: positive`). The text itself where it has no such wrapping.
 */
export function unwrapAnswer(text: string): string {
  const plain = withoutFence(text);
  return labelText(parsedJson(plain)) ?? labelText(parsedJson(onlyObject(plain))) ?? plain.replace(cue, '');
}

/** The one flat JSON object between other words; empty where there is none, or more. */
function onlyObject(text: string): string {
  const objects = text.match(/\{[^{}]*\}/g) ?? [];
  return objects.length === 1 ? (objects[0] ?? '') : '';
}

function labelText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 1 ? labelText(value[0]) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map(Object.entries(value).map(([key, field]) => [key.trim().toLowerCase(), field as unknown]));
  const texts = labelKeys.map((key) => fields.get(key)).filter((field) => typeof field === 'string');
  if (texts.length > 0) return texts.length === 1 ? texts[0] : undefined;
  const [only] = fields.values();
  return fields.size === 1 && typeof only === 'string' ? only : undefined;
}
