import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from './stack-files';

export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Record<string, string>;
  };
  readonly spec?: Record<string, unknown>;
}

export const OVERLAYS = ['dev', 'staging', 'production', 'monitoring', 'complete'] as const;

/** As `kubectl kustomize` and `kustomize build` print it. `dev` gets the example of its secrets. */
export async function renderOverlay(command: readonly string[], overlay: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-k8s-'));
  try {
    cpSync(path.join(projectRoot(), 'k8s'), folder, { recursive: true });
    cpSync(path.join(folder, 'overlays/dev/secret.env.example'), path.join(folder, 'overlays/dev/secret.env'));
    return await run([...command, path.join(folder, 'overlays', overlay)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The chart with its values and these. */
export async function renderChart(helm: string, values: Record<string, unknown> = {}): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-helm-'));
  try {
    const file = path.join(folder, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    const chart = path.join(projectRoot(), 'deploy/helm/zerodb');
    return await run([helm, 'template', 'zerodb', chart, '-n', 'zerodb', '--kube-version', '1.34.0', '-f', file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function run([program = '', ...args]: readonly string[], input?: string): Promise<string> {
  const running = promisify(execFile)(program, args, { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 });
  running.child.stdin?.on('error', () => undefined).end(input);
  return (await running).stdout;
}

export const resourcesIn = (text: string): Rendered[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .filter((each) => each !== null);

export const SCHEMA_LOCATION = 'test/schemas/{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json';
