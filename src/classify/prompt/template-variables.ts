import Handlebars from 'handlebars';
import { helpers, isReserved, itemNames, rootNames } from './reserved-names.js';

/** What lists have inside, as in `labels.length` and `examples.[0].text`. */
const partsOfLists = /^(?:(?:labels|examples)\.(?:length|\d+)|examples\.\d+\.(?:text|label))$/;

/** The roles of messages, as Dotprompt calls them. */
export const roles = ['system', 'user', 'model'];

const loops = ['each', 'with'];
const loopData = ['index', 'first', 'last', 'key'];

/** Statements that are not allowed in a prompt, and their signs. */
const unsupported: Readonly<Record<string, string>> = {
  PartialStatement: '>',
  PartialBlockStatement: '#>',
  Decorator: '*',
  DecoratorBlock: '#*',
};

type Call = hbs.AST.MustacheStatement | hbs.AST.BlockStatement | hbs.AST.SubExpression;

/**
 * The names in a Handlebars template.
 * @throws Error with the parser's message when the template cannot be parsed
 */
export function namesInTemplate(template: string): TemplateNames {
  const visitor = new NameVisitor();
  visitor.accept(Handlebars.parse(template));
  return visitor;
}

/** What a template refers to. */
export interface TemplateNames {
  /** Names that are not those of columns; `text` counts as `review`. */
  readonly variables: ReadonlySet<string>;
  /** Columns of the review, in the order in which they come. */
  readonly columns: ReadonlySet<string>;
  /** Columns of the examples. */
  readonly exampleColumns: ReadonlySet<string>;
  /** The first thing in it that no prompt may have. */
  readonly problem: string | undefined;
}

class NameVisitor extends Handlebars.Visitor implements TemplateNames {
  readonly variables = new Set<string>();
  readonly columns = new Set<string>();
  readonly exampleColumns = new Set<string>();
  problem: string | undefined;
  /** What each loop goes through, the innermost last. */
  private readonly loops: string[] = [];
  private readonly textNames = new Set<string>();

  override accept(node: hbs.AST.Node): void {
    const sign = unsupported[node.type];
    if (sign === undefined) super.accept(node);
    else
      this.reject(`${sign} ${nameOf('name' in node ? (node.name as hbs.AST.Node) : (node as hbs.AST.Decorator).path)}`);
  }

  override MustacheStatement(node: hbs.AST.MustacheStatement): void {
    if (node.params.length > 0 || node.hash?.pairs.length > 0 || nameOf(node.path) === 'role') this.visitCall(node);
    // Handlebars takes {{"Review Text"}} and {{2024}} for names, too.
    else if (node.path.type !== 'PathExpression') this.addColumn(nameOf(node.path), this.loops.at(-1));
    else this.accept(node.path);
  }

  override BlockStatement(node: hbs.AST.BlockStatement): void {
    this.visitCall(node);
    const isLoop = loops.includes(nameOf(node.path));
    if (isLoop) this.loops.push(nameOf(node.params[0]));
    if (node.program) this.accept(node.program);
    if (isLoop) this.loops.pop();
    if (node.inverse) this.accept(node.inverse);
  }

  override SubExpression(node: hbs.AST.SubExpression): void {
    this.visitCall(node);
  }

  override PathExpression(node: hbs.AST.PathExpression): void {
    const [name = 'this', ...rest] = node.parts.map(String);
    const loop = this.loops.at(-1 - node.depth);
    const known = node.data ? loopData : loop === undefined ? rootNames : itemNames;
    const isKnown = known.includes(name) && (rest.length === 0 || partsOfLists.test([name, ...rest].join('.')));
    if (node.data) {
      if (!isKnown) this.reject(node.original, known);
    } else if (!isKnown) {
      if (rest.length === 0 && !isReserved(name)) this.addColumn(name, loop);
      else this.reject(node.original, known);
    } else if (loop === undefined && (name === 'review' || name === 'text')) {
      this.textNames.add(name);
      this.variables.add('review');
      if (this.textNames.size > 1) this.problem ??= bothTextNames;
    } else this.variables.add(name);
  }

  /** @param loop what the innermost loop goes through; undefined outside of loops */
  private addColumn(name: string, loop: string | undefined): void {
    if (loop === undefined) this.columns.add(name);
    else if (loop.replace(/^(?:\.\.\/)+/, '') === 'examples') this.exampleColumns.add(name);
    else this.reject(name, itemNames);
  }

  /** A review or an example is put in after rendering: helpers would see its placeholder. */
  private visitCall(node: Call): void {
    const helper = nameOf(node.path);
    if (!helpers.includes(helper)) this.reject(helper, helpers);
    if (helper === 'role') this.checkRole(node.params[0]);
    for (const parameter of [...node.params, ...(node.hash?.pairs ?? []).map(({ value }) => value)]) {
      this.accept(parameter);
      const name = nameOf(parameter).replace(/^(?:\.\.\/|this\.)+/, '');
      const isColumn = parameter.type === 'PathExpression' && (this.columns.has(name) || this.exampleColumns.has(name));
      if (['review', 'text', 'answerJson'].includes(name) || isColumn) {
        this.problem ??= `the template passes '${name}' to '${helper}'; it can only be written, as {{${name}}}`;
      }
    }
  }

  /** Dotprompt would take what it does not know, and all that follows, for the name of a role. */
  private checkRole(role: hbs.AST.Expression | undefined): void {
    const name = role ? nameOf(role) : '';
    if (role?.type === 'StringLiteral' && roles.includes(name)) return;
    this.problem ??= `the template has the role '${name}'; known: ${roles.join(', ')}, in quotes`;
  }

  private reject(name: string, known?: readonly string[]): void {
    const hint = known ? `; known here: ${known.join(', ')}` : '; chorale has no partials or decorators';
    this.problem ??= `the template uses the unknown name '${name}'${hint}`;
  }
}

function nameOf(node: hbs.AST.Node | undefined): string {
  return node && 'original' in node ? String(node.original) : (node?.type ?? '');
}

const bothTextNames =
  'the template shows both {{review}} and {{text}}, and both are the text column: write one of them';

/** The columns that a template shows beside the text, in the order in which they come in it. */
export function columnsShown(template: string): readonly string[] {
  return [...namesInTemplate(template).columns];
}

/** Whether a template shows the agent's labels, and not fixed ones of its own. */
export function showsLabels(template: string): boolean {
  const { variables } = namesInTemplate(template);
  return ['labels', 'labelList', 'fieldList'].some((name) => variables.has(name));
}
