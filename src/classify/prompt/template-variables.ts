import Handlebars from 'handlebars';

/** Names that a template may use. */
const rootNames = ['review', 'labels', 'labelList', 'examples'];

/** What it may refer to inside `{{#each}}`, where the others need a `../` in front. */
const itemNames = ['this', 'text', 'label'];

/** What lists have inside, as in `labels.length` and `examples.[0].text`. */
const partsOfLists = /^(?:(?:labels|examples)\.(?:length|\d+)|examples\.\d+\.(?:text|label))$/;

/** The roles of messages, as Dotprompt calls them. */
export const roles = ['system', 'user', 'model'];

const helpers = ['role', 'json', 'if', 'unless', 'each', 'with', 'ifEquals', 'unlessEquals'];
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
export function namesInTemplate(template: string): NameVisitor {
  const visitor = new NameVisitor();
  visitor.accept(Handlebars.parse(template));
  return visitor;
}

/** What a template refers to. */
class NameVisitor extends Handlebars.Visitor {
  readonly variables = new Set<string>();
  /** The first thing in it that no prompt may have. */
  problem: string | undefined;
  private loopDepth = 0;

  override accept(node: hbs.AST.Node): void {
    const sign = unsupported[node.type];
    if (sign === undefined) super.accept(node);
    else
      this.reject(`${sign} ${nameOf('name' in node ? (node.name as hbs.AST.Node) : (node as hbs.AST.Decorator).path)}`);
  }

  override MustacheStatement(node: hbs.AST.MustacheStatement): void {
    if (node.params.length > 0 || node.hash?.pairs.length > 0 || nameOf(node.path) === 'role') this.visitCall(node);
    else this.accept(node.path);
  }

  override BlockStatement(node: hbs.AST.BlockStatement): void {
    this.visitCall(node);
    const inside = loops.includes(nameOf(node.path)) ? 1 : 0;
    this.loopDepth += inside;
    if (node.program) this.accept(node.program);
    this.loopDepth -= inside;
    if (node.inverse) this.accept(node.inverse);
  }

  override SubExpression(node: hbs.AST.SubExpression): void {
    this.visitCall(node);
  }

  override PathExpression(node: hbs.AST.PathExpression): void {
    const [name = 'this', ...rest] = node.parts.map(String);
    const known = node.data ? loopData : this.loopDepth > node.depth ? itemNames : rootNames;
    const isKnown = known.includes(name) && (rest.length === 0 || partsOfLists.test([name, ...rest].join('.')));
    if (!isKnown) this.reject(node.original, known);
    else if (!node.data) this.variables.add(name);
  }

  /** A review or an example is put in after rendering: helpers would see its placeholder. */
  private visitCall(node: Call): void {
    const helper = nameOf(node.path);
    if (!helpers.includes(helper)) this.reject(helper, helpers);
    if (helper === 'role') this.checkRole(node.params[0]);
    for (const parameter of [...node.params, ...(node.hash?.pairs ?? []).map(({ value }) => value)]) {
      this.accept(parameter);
      const name = nameOf(parameter).replace(/^(?:\.\.\/|this\.)+/, '');
      if (name === 'review' || name === 'text') {
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

function nameOf(node: hbs.AST.Node): string {
  return 'original' in node ? String(node.original) : node.type;
}

/** Whether a template shows the agent's labels, and not fixed ones of its own. */
export function showsLabels(template: string): boolean {
  const { variables } = namesInTemplate(template);
  return variables.has('labels') || variables.has('labelList');
}
