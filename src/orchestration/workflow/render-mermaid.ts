import type { WorkflowRun } from './read-run.js';
import type { AnyStep } from './step.js';
import type { Stage, Workflow } from './workflow.js';
import type { StepStatus } from './workflow-store.js';

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly taken: boolean;
}

/** A node, or a condition, from which the flow goes on, and whether it has come there. */
interface Tail {
  readonly node: string;
  readonly label: string;
  readonly reached: boolean;
}

const colours: Readonly<Record<StepStatus, string>> = {
  pending: 'fill:#f5f5f5,stroke:#999,color:#666',
  running: 'fill:#dbeafe,stroke:#2563eb,color:#111',
  retrying: 'fill:#fef3c7,stroke:#d97706,color:#111',
  completed: 'fill:#dcfce7,stroke:#16a34a,color:#111',
  failed: 'fill:#fee2e2,stroke:#dc2626,color:#111',
  cancelled: 'fill:#e5e7eb,stroke:#4b5563,color:#111',
  skipped: 'fill:#fff,stroke:#999,stroke-dasharray:4,color:#666',
};

/** Draws a workflow, and where a run of it stands. */
export function renderMermaid(workflow: Pick<Workflow, 'stages'>, run?: WorkflowRun): string {
  const statuses = new Map(run?.steps.map(({ step, status }) => [step, status]));
  const statusOf = (step: AnyStep): StepStatus => statuses.get(step.id) ?? 'pending';
  const chart = drawStages(workflow.stages, statusOf);
  const lines = ['flowchart TD', ...chart.nodes.map(({ line }) => line), ...chart.edges.map(renderEdge)];
  if (!run) return `${lines.join('\n')}\n`;
  const used = new Set(chart.nodes.flatMap(({ status }) => status ?? []));
  for (const status of used) lines.push(`  classDef ${status} ${colours[status]}`);
  for (const { id, status } of chart.nodes) if (status) lines.push(`  class ${id} ${status}`);
  const taken = chart.edges.flatMap((edge, index) => (edge.taken ? index : []));
  if (taken.length > 0) lines.push(`  linkStyle ${taken.join(',')} stroke-width:3px`);
  return `${lines.join('\n')}\n`;
}

interface Node {
  readonly id: string;
  readonly line: string;
  readonly status: StepStatus | undefined;
}

function drawStages(stages: readonly Stage[], statusOf: (step: AnyStep) => StepStatus) {
  const nodes: Node[] = [];
  const edges: Edge[] = [];
  let tails: readonly Tail[] = [];
  const draw = (text: string, open: string, close: string, status: StepStatus | undefined): string => {
    const id = `n${nodes.length}`;
    nodes.push({ id, line: `  ${id}${open}"${escapeLabel(text)}"${close}`, status });
    return id;
  };
  const connect = (from: readonly Tail[], to: string, reached: boolean) => {
    for (const tail of from) edges.push({ from: tail.node, to, label: tail.label, taken: tail.reached && reached });
  };
  const drawStep = (step: AnyStep, from: readonly Tail[]): Tail => {
    const status = statusOf(step);
    const node = draw(step.name, '[', ']', status);
    connect(from, node, hasBegun(status));
    return { node, label: '', reached: status === 'completed' || status === 'failed' };
  };
  for (const stage of stages) {
    if (stage.kind === 'steps') {
      const from = tails;
      tails = stage.steps.map((step) => drawStep(step, from));
      continue;
    }
    const { step, otherwise } = stage;
    const decided = statusOf(step) !== 'pending';
    const condition = draw(`${step.name}?`, '{', '}', undefined);
    connect(tails, condition, decided);
    const yes = drawStep(step, [{ node: condition, label: 'yes', reached: true }]);
    const no = { node: condition, label: 'no', reached: statusOf(step) === 'skipped' };
    tails = [yes, otherwise ? drawStep(otherwise, [no]) : no];
  }
  return { nodes, edges };
}

function hasBegun(status: StepStatus): boolean {
  return status !== 'pending' && status !== 'skipped';
}

function renderEdge({ from, to, label }: Edge): string {
  return `  ${from} -->${label === '' ? '' : `|${label}|`} ${to}`;
}

/** Mermaid's own way to write what would end a label. */
function escapeLabel(text: string): string {
  return text.replace(/[#"<>\n\r`]/g, (sign) => (sign === '\n' || sign === '\r' ? ' ' : `#${sign.charCodeAt(0)};`));
}
