/** Brackets of a node, by its shape. */
const brackets = { box: ['[', ']'], rounded: ['([', '])'], diamond: ['{', '}'], nested: ['[[', ']]'] } as const;

/** A Mermaid flowchart. */
export class MermaidChart {
  private readonly lines = ['flowchart TD'];
  private nodes = 0;
  private links = 0;
  private readonly taken: number[] = [];
  private readonly classes = new Map<string, string[]>();

  /** @returns the id of the node: `n0`, `n1`, … */
  node(text: string, shape: keyof typeof brackets = 'box'): string {
    const [open, close] = brackets[shape];
    const id = `n${this.nodes}`;
    this.nodes += 1;
    this.lines.push(`  ${id}${open}"${escapeLabel(text)}"${close}`);
    return id;
  }

  /** @param taken whether a run went this way */
  link(from: string, to: string, label: string, taken: boolean): void {
    if (taken) this.taken.push(this.links);
    this.links += 1;
    this.lines.push(`  ${from} -->${label === '' ? '' : `|"${escapeLabel(label)}"|`} ${to}`);
  }

  /** Gives a node the style of a class. */
  mark(id: string, name: string): void {
    this.classes.set(name, [...(this.classes.get(name) ?? []), id]);
  }

  /** @param styles by class */
  render(styles: Readonly<Record<string, string>>): string {
    const lines = [...this.lines];
    for (const [name, ids] of this.classes) {
      lines.push(`  classDef ${name} ${styles[name]}`, `  class ${ids.join(',')} ${name}`);
    }
    if (this.taken.length > 0) lines.push(`  linkStyle ${this.taken.join(',')} stroke:#2b8a3e,stroke-width:3px`);
    return `${lines.join('\n')}\n`;
  }
}

/** Mermaid decodes entities in quoted labels. */
function escapeLabel(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[#&"<>`]/g, (character) => `#${character.charCodeAt(0)};`);
}
