import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test as base, describe } from 'vitest';
import { missing } from './live-test.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const loader = fileURLToPath(new URL('compose', import.meta.url));
const compose = join(root, 'docker-compose.yml');
const gpu = join(root, 'docker-compose.gpu.yml');
const run = promisify(execFile);

/** The part of a loaded project that is looked at; the loader gives every field its long form. */
interface Project {
  readonly services: Record<string, Service>;
  readonly volumes: Record<string, unknown>;
}
interface Service {
  readonly command: string[] | null;
  readonly healthcheck?: { test: string[] };
  readonly depends_on?: Record<string, { condition: string }>;
  readonly volumes?: { type: string; source: string; target: string }[];
  readonly ports?: { host_ip: string; published: string; target: number }[];
  readonly environment?: Record<string, string>;
  readonly deploy?: unknown;
}
type Load = (files: readonly string[], env?: Record<string, string>) => Promise<Project>;

/** Compose's own loader, built from source: `load` fails with what `docker compose` would say. */
const test = base.extend<{ load: Load }>({
  load: async ({ skip }, use) => {
    const hasGo = await run('go', ['version']).then(
      () => true,
      () => false,
    );
    if (!hasGo) missing('there is no go on the PATH to build the Compose loader with', skip);
    const own = Object.entries(process.env).filter(([name]) => !/^(CHORALE|OLLAMA|COMPOSE)_/.test(name));
    await use(async (files, env) => {
      const options = { cwd: loader, env: { ...Object.fromEntries(own), ...env } };
      const { stdout } = await run('go', ['run', '.', ...files], options);
      return JSON.parse(stdout) as Project;
    });
  },
});

describe('docker-compose.yml', () => {
  test('chorale waits for a healthy server and a pulled model', async ({ load, expect }) => {
    const { services } = await load([compose]);
    expect(Object.keys(services).sort()).toEqual(['chorale', 'ollama', 'pull-model']);
    expect(services.ollama?.healthcheck?.test).toEqual(['CMD', 'ollama', 'list']);
    expect(services['pull-model']?.depends_on).toMatchObject({ ollama: { condition: 'service_healthy' } });
    expect(services['pull-model']?.environment).toEqual({ OLLAMA_HOST: 'ollama:11434' });
    expect(services.chorale?.depends_on).toMatchObject({
      ollama: { condition: 'service_healthy' },
      'pull-model': { condition: 'service_completed_successfully' },
    });
  });

  test('models are kept in a volume, data are mounted, and nothing is open beyond this machine', async ({
    load,
    expect,
  }) => {
    const { services, volumes } = await load([compose]);
    expect(Object.keys(volumes)).toEqual(['ollama-models']);
    expect(services.ollama?.volumes).toMatchObject([
      { type: 'volume', source: 'ollama-models', target: '/root/.ollama' },
    ]);
    expect(services.chorale?.volumes).toMatchObject([{ type: 'bind', source: join(root, 'data'), target: '/data' }]);
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports).toMatchObject([{ host_ip: '127.0.0.1', published: '11434', target: 11434 }]);
  });

  test('without settings the default model reads reviews.csv', async ({ load, expect }) => {
    const { services } = await load([compose]);
    expect(services['pull-model']?.command).toEqual(['pull', 'llama3.2:3b']);
    expect(services.chorale?.command?.join(' ')).toBe(
      'analyze /data/reviews.csv --host http://ollama:11434 --model llama3.2:3b --out /data/results.csv',
    );
  });

  test('folder, input and model are taken from the environment', async ({ load, expect }) => {
    const env = { CHORALE_DATA: '/srv/reviews', CHORALE_INPUT: 'may.jsonl', CHORALE_MODEL: 'smollm2:135m' };
    const { services } = await load([compose], env);
    expect(services['pull-model']?.command).toEqual(['pull', 'smollm2:135m']);
    expect(services.chorale?.command).toEqual(expect.arrayContaining(['/data/may.jsonl', 'smollm2:135m']));
    expect(services.chorale?.volumes).toMatchObject([{ source: '/srv/reviews', target: '/data' }]);
  });

  test('the GPU is reserved for the server by the override, and only by it', async ({ load, expect }) => {
    const [plain, merged] = [await load([compose]), await load([compose, gpu])];
    expect(plain.services.ollama?.deploy).toBeUndefined();
    expect(merged.services.ollama).toMatchObject({
      deploy: { resources: { reservations: { devices: [{ driver: 'nvidia', count: -1, capabilities: ['gpu'] }] } } },
      healthcheck: plain.services.ollama?.healthcheck,
    });
    expect(merged.services.chorale).toEqual(plain.services.chorale);
  });

  test('the loader refuses a key that Compose does not know', async ({ load, expect, onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'chorale-compose-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const broken = join(folder, 'docker-compose.yml');
    await writeFile(broken, (await readFile(compose, 'utf8')).replace('healthcheck:', 'health_check:'));
    await expect(load([broken])).rejects.toThrow('services.ollama.health_check');
  });
});
