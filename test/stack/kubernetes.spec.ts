import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { GATED } from '../../src/admission/kinds';
import { healthPaths } from '../support/health-paths';
import { faultsOf, podFaults } from '../support/kubernetes-schemas';
import {
  filesBelow,
  projectRoot,
  seriesIn,
  seriesNames,
  settingNames,
  textOf,
  yamlOf,
  yamlsOf,
} from '../support/stack-files';

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
  readonly components?: readonly string[];
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
    const { resources: parts, components: more = [] } = yamlOf<Kustomization>(file);
    for (const resource of [...parts, ...more]) {
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

describe.each(resources)('$kind $metadata.name', (resource) => {
  it('is what the schemas of Kubernetes and of its operators describe', () => {
    expect(faultsOf(resource)).toEqual([]);
  });

  it('is admitted where pod security is restricted', () => {
    expect(podFaults(resource)).toEqual([]);
  });
});

describe('the schemas', () => {
  it('find what is misspelt, missing or of another type', () => {
    const [deployment] = structuredClone(deployments) as unknown as [{ spec: Record<string, unknown> }];
    Object.assign(deployment.spec, { replica: 2, replicas: 'two' });
    delete deployment.spec.selector;
    expect(faultsOf(deployment)).toHaveLength(3);
  });

  it('find a pod that asks for rights', () => {
    const [deployment] = structuredClone(deployments) as unknown as [
      { spec: { template: { spec: { securityContext: Record<string, unknown>; containers: [Container] } } } },
    ];
    deployment.spec.template.spec.securityContext = {};
    Object.assign(deployment.spec.template.spec.containers[0], { securityContext: { privileged: true } });
    expect(podFaults(deployment)).toHaveLength(5);
  });
});

interface Rule {
  readonly seriesQuery: string;
  readonly metricsQuery: string;
  readonly name: { readonly as: string };
}

interface Scaler {
  readonly spec: { readonly metrics: readonly { readonly pods?: { readonly metric: { readonly name: string } } }[] };
}

describe('the autoscaler', () => {
  const [rule] = yamlOf<{ rules: { custom: Rule[] } }>('deploy/prometheus-adapter/values.yaml').rules.custom;

  it('asks for a metric that the adapter makes of what the product shows', () => {
    const [scaler] = named('HorizontalPodAutoscaler') as unknown as Scaler[];
    const asked = scaler?.spec.metrics.flatMap(({ pods }) => pods?.metric.name ?? []);
    expect(asked).toEqual([rule?.name.as]);
    const series = [...seriesIn(rule?.seriesQuery ?? ''), ...seriesIn(rule?.metricsQuery ?? '')];
    expect(series.length).toBeGreaterThan(1);
    expect(series.filter((name) => !seriesNames().has(name))).toEqual([]);
  });

  it('counts every kind of request that takes a place while it is worked on', () => {
    const kinds = /kind=~"([^"]+)"/.exec(rule?.metricsQuery ?? '')?.[1]?.split('|');
    expect(kinds?.sort()).toEqual(Object.keys(GATED).sort());
  });
});

describe('the network policies', () => {
  it('let nobody in whom they do not name, but in the namespace of developers', () => {
    const policies = named('NetworkPolicy') as unknown as { spec: { ingress?: { from?: unknown[] }[] } }[];
    expect(policies.length).toBeGreaterThan(1);
    for (const { spec } of policies)
      for (const { from } of spec.ingress ?? []) expect(from?.length ?? 0).toBeGreaterThan(0);
  });
});

describe('the Helm chart', () => {
  it('is what the manifests make of it', async () => {
    const script = path.join(projectRoot(), 'scripts/kubernetes/write-chart.mjs');
    const { stderr } = await promisify(execFile)(process.execPath, [script, '--check'], { timeout: 30_000 });
    expect(stderr).toBe('');
  });
});
