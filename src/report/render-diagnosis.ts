import { blankControls } from '../foundation/text/control-characters.js';
import type { HostDiagnosis } from '../measure/doctor/examine-host.js';
import type { Estimate } from '../measure/doctor/probes.js';
import type { HostCheck } from '../measure/doctor/server-checks.js';
import { renderDuration } from './format-values.js';
import { compactTable } from './table.js';
import { paint, type Tone } from './terminal-text.js';

const marks: Readonly<Record<HostCheck['status'], string>> = {
  ok: 'ok',
  warning: 'warning',
  wrong: 'WRONG',
  unknown: '?',
};
const tones: Partial<Record<HostCheck['status'], Tone>> = { warning: 'warning', wrong: 'bad' };

/** The diagnosis of a host: a table, the commands that fix problems, and the estimate. */
export function renderDiagnosis(host: string, { checks, estimate }: HostDiagnosis): string {
  const rows = checks.map(({ name, status, says }) => {
    const tone = tones[status];
    const mark = marks[status];
    return [blankControls(name), tone ? paint(mark, tone) : mark, blankControls(says)];
  });
  const table = compactTable([host, '', ''], rows, { colWidths: [null, null, 78], wordWrap: true });
  const fixes = checks.flatMap(({ mend }) => (mend === null ? [] : [`  $ ${blankControls(mend)}`]));
  const parts = [table];
  if (fixes.length > 0) parts.push(`To fix it:\n${fixes.join('\n')}`);
  if (estimate) parts.push(renderEstimate(estimate));
  return `${parts.join('\n')}\n`;
}

function renderEstimate({ reviews, durationMs, promptTokens, completionTokens, basedOn }: Estimate): string {
  const tokens = promptTokens === null ? '' : `, ${promptTokens} tokens read and ${completionTokens ?? 0} written`;
  return `${reviews} reviews would take about ${renderDuration(durationMs)}${tokens} (from ${basedOn} answers).`;
}
