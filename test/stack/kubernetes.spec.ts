import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, cpSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { healthPaths } from '../support/health-paths';
import { describeWith } from '../support/services';
import { filesBelow, programNamed, projectRoot, settingNames, textOf, yamlOf, yamlsOf } from '../support/stack-files';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom: readonly { readonly configMapRef?: { name: string }; readonly secretRef?: { name: string } }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: Record<string, unknown>;
  readonly resources: { readonly limits: Record<string, string>; readonly requests: Record<string, string> };
  readonly volumeMounts: readonly { readonly name: string }[];
}

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Record<string, string>;
  readonly spec?: {
    readonly selector?: Record<string, unknown>;
    readonly ports?: readonly { readonly targetPort: string }[];
    readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
    readonly template?: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: Record<string, unknown>;
        readonly containers: readonly Container[];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
  };
}

interface Kustomization {
  readonly resources: readonly string[];
}

const kustomizations = filesBelow('k8s', 'kustomization.yaml');
const manifests = filesBelow('k8s', '.yaml').filter((file) => !kustomizations.includes(file));
const resources = manifests.flatMap((file) => yamlsOf<Resource>(file));
const named = (kind: string): Resource[] => resources.filter((each) => each.kind === kind);
const names = (kind: string): string[] => named(kind).map(({ metadata }) => metadata.name);
const deployments = named('Deployment');
const components = deployments.map(({ spec }) => spec?.template?.metadata.labels['app.kubernetes.io/component']);

describe('the manifests for Kubernetes', () => {
  it('are complete resources', () => {
    for (const { apiVersion, kind, metadata } of resources) {
      expect([typeof apiVersion, typeof kind, typeof metadata.name]).toEqual(['string', 'string', 'string']);
    }
  });

  it.each(kustomizations)('%s refers to files that exist', (file) => {
    for (const resource of yamlOf<Kustomization>(file).resources) {
      expect(existsSync(path.join(projectRoot(), path.dirname(file), resource))).toBe(true);
    }
  });

  it('are all part of a kustomization', () => {
    const listed = kustomizations.flatMap((file) =>
      yamlOf<Kustomization>(file).resources.map((resource) => path.join(path.dirname(file), resource)),
    );
    expect(manifests.filter((file) => !listed.includes(file))).toEqual([]);
  });

  it('configure only what the product knows', () => {
    const settings = named('ConfigMap').flatMap(({ data = {} }) => Object.keys(data));
    const secrets = textOf('k8s/overlays/dev/secret.env.example').match(/^ZERODB_\w+/gm) ?? [];
    const ours = [...settings, ...secrets].filter((name) => name.startsWith('ZERODB_'));
    expect(ours.filter((name) => !settingNames().has(name))).toEqual([]);
  });

  it('select pods that there are', () => {
    for (const { spec, kind } of [...named('Service'), ...named('PodDisruptionBudget')]) {
      const selector = kind === 'Service' ? spec?.selector : (spec?.selector?.matchLabels as Record<string, unknown>);
      expect(components).toContain(selector?.['app.kubernetes.io/component']);
    }
    for (const { spec } of named('HorizontalPodAutoscaler'))
      expect(names('Deployment')).toContain(spec?.scaleTargetRef?.name);
    for (const { spec } of named('Service')) expect(spec?.ports?.[0]?.targetPort).toBe('http');
  });

  it('give no secret', () => {
    expect(named('Secret')).toEqual([]);
  });
});

describe.each(deployments)('the deployment $metadata.name', ({ spec }) => {
  const pod = spec?.template?.spec;
  const container = pod?.containers[0];

  it('is probed at doors that every role has, and only readiness asks for Postgres', () => {
    for (const probe of [container?.startupProbe, container?.livenessProbe, container?.readinessProbe]) {
      expect(probe?.httpGet.port).toBe(container?.ports[0]?.name);
      expect(healthPaths()).toContain(probe?.httpGet.path);
    }
    expect(container?.livenessProbe.httpGet.path).toBe('/livez');
    expect(container?.readinessProbe.httpGet.path).toBe('/readyz');
  });

  it('runs as nobody special on a root file system that stays as it is', () => {
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container?.volumeMounts.map(({ name }) => name)).toEqual(pod?.volumes.map(({ name }) => name));
    expect(container?.resources.limits.memory).toBeDefined();
  });

  it('is given the time that draining takes', () => {
    const settings = named('ConfigMap')[0]?.data ?? {};
    const drainSeconds = Number(settings.ZERODB_DRAIN_DELAY_MS) / 1000 + 10;
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds + 10);
    expect(container?.ports[0]?.containerPort).toBe(Number(settings.ZERODB_PORT));
  });

  it('takes configuration and account from what there is', () => {
    expect(names('ServiceAccount')).toContain(pod?.serviceAccountName);
    expect(container?.envFrom.flatMap((each) => each.configMapRef?.name ?? [])).toEqual(names('ConfigMap'));
    expect(container?.env.every(({ name, value }) => name === 'ZERODB_ROLE' && ['api', 'worker'].includes(value))).toBe(
      true,
    );
  });
});

describeWith(programNamed('kubectl'))('kustomize', () => {
  it.each(['dev', 'production'])('builds the overlay "%s"', async (overlay) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-k8s-'));
    try {
      cpSync(path.join(projectRoot(), 'k8s'), folder, { recursive: true });
      cpSync(path.join(folder, 'overlays/dev/secret.env.example'), path.join(folder, 'overlays/dev/secret.env'));
      const args = ['kustomize', path.join(folder, 'overlays', overlay)];
      const { stdout } = await promisify(execFile)(programNamed('kubectl') ?? '', args, { timeout: 30_000 });
      expect(stdout.match(/^kind: Deployment$/gm)).toHaveLength(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
