import type { PullProgress } from '../../model/ollama/ollama-server.js';
import { renderBytes } from '../../report/format-values.js';

const barWidth = 24;

/** `llama3.2:3b at 127.0.0.1:11434  dde5aa3fc5ff  ████████░░░░  42 % of 2.02 GB` */
export function renderPull(name: string, progress: PullProgress): string {
  const { status, layer, completedBytes, totalBytes } = progress;
  if (layer === null || totalBytes === null || totalBytes === 0) return `${name}  ${status}`;
  const share = Math.min(1, (completedBytes ?? 0) / totalBytes);
  const filled = Math.floor(share * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  return `${name}  ${shortDigest(layer)}  ${bar}  ${Math.floor(share * 100)} % of ${renderBytes(totalBytes)}`;
}

/** The 12 hex digits by which people know a layer. */
function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
