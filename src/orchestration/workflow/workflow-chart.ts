import { MermaidChart } from '../mermaid.js';
import type { WorkflowRun } from './run-values.js';
import type { AnyStep } from './step.js';
import type { Workflow } from './workflow.js';
import type { StepStatus } from './workflow-store.js';

/** A node that the next one follows, and whether the run has passed it. */
interface Tail {
  readonly node: string;
  readonly label: string;
  readonly reached: boolean;
}

const styles: Readonly<Record<StepStatus, string>> = {
  pending: 'fill:#f5f5f5,stroke:#999,color:#666',
  running: 'fill:#dbeafe,stroke:#2563eb,color:#111',
  retrying: 'fill:#fef3c7,stroke:#d97706,color:#111',
  paused: 'fill:#ede9fe,stroke:#7c3aed,color:#111',
  completed: 'fill:#dcfce7,stroke:#16a34a,color:#111',
  failed: 'fill:#fee2e2,stroke:#dc2626,color:#111',
  cancelled: 'fill:#e5e7eb,stroke:#4b5563,color:#111',
  skipped: 'fill:#fff,stroke:#999,stroke-dasharray:4,color:#666',
};

/** A workflow as a Mermaid flowchart; with a run, the path taken and the status of each step. */
export function renderWorkflow({ stages }: Pick<Workflow, 'stages'>, run?: WorkflowRun): string {
  const chart = new MermaidChart();
  const statuses = new Map(run?.steps.map(({ step, status }) => [step, status]));
  const statusOf = (step: AnyStep): StepStatus => statuses.get(step.id) ?? 'pending';
  const connect = (from: readonly Tail[], to: string, reached: boolean) => {
    for (const tail of from) chart.link(tail.node, to, tail.label, tail.reached && reached);
  };
  const drawStep = (step: AnyStep, from: readonly Tail[]): Tail => {
    const status = statusOf(step);
    const node = chart.node(step.name);
    if (run) chart.mark(node, status);
    connect(from, node, status !== 'pending' && status !== 'skipped');
    return { node, label: '', reached: status === 'completed' || status === 'failed' };
  };
  let tails: readonly Tail[] = [];
  for (const stage of stages) {
    const from = tails;
    if (stage.kind === 'steps') {
      tails = stage.steps.map((step) => drawStep(step, from));
      continue;
    }
    const { step, otherwise } = stage;
    const condition = chart.node(`${step.name}?`, 'diamond');
    connect(from, condition, statusOf(step) !== 'pending');
    const yes = drawStep(step, [{ node: condition, label: 'yes', reached: true }]);
    const no = { node: condition, label: 'no', reached: statusOf(step) === 'skipped' };
    tails = [yes, otherwise ? drawStep(otherwise, [no]) : no];
  }
  return chart.render(styles);
}
