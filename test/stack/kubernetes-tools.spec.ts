import path from 'node:path';
import { faultsOf, podFaults } from '../support/kubernetes-schemas';
import {
  OVERLAYS,
  renderChart,
  renderOverlay,
  resourcesIn,
  run,
  SCHEMA_LOCATION,
  type Rendered,
} from '../support/kubernetes-rendering';
import { describeWith } from '../support/services';
import { filesBelow, programNamed, projectRoot } from '../support/stack-files';

const kubectl = programNamed('kubectl');
const kustomize = programNamed('kustomize');
const kubeconform = programNamed('kubeconform');
const helm = programNamed('helm');
const builder = kustomize ? [kustomize, 'build'] : kubectl ? [kubectl, 'kustomize'] : undefined;

const idOf = ({ kind, metadata: { name } }: Rendered): string => `${kind}/${name}`;

describeWith(builder)('kustomize', () => {
  it.each(OVERLAYS)('builds the overlay "%s", and every resource of it is valid', async (overlay) => {
    const rendered = resourcesIn(await renderOverlay(builder ?? [], overlay));
    expect(rendered.length).toBeGreaterThan(2);
    for (const resource of rendered) {
      expect([idOf(resource), faultsOf(resource)]).toEqual([idOf(resource), []]);
      expect([idOf(resource), podFaults(resource)]).toEqual([idOf(resource), []]);
    }
    const pods = rendered.filter(({ kind }) => kind === 'Deployment');
    expect(pods).toHaveLength(overlay === 'monitoring' ? 0 : 2);
    expect(new Set(rendered.map(idOf)).size).toBe(rendered.length);
  });
});

describeWith(kubeconform && builder)('kubeconform', () => {
  const validate = (input: string): Promise<string> =>
    run(
      [kubeconform ?? '', '-strict', '-summary', '-schema-location', path.join(projectRoot(), SCHEMA_LOCATION), '-'],
      input,
    );

  it.each(OVERLAYS)('accepts the overlay "%s"', async (overlay) => {
    const summary = await validate(await renderOverlay(builder ?? [], overlay));
    expect(summary).toMatch(/Valid: \d+, Invalid: 0, Errors: 0, Skipped: 0/);
  });

  it('accepts what an administrator applies once', async () => {
    const files = [...filesBelow('k8s/secrets', '.yaml'), ...filesBelow('k8s/services/rook/store', '.yaml')]
      .filter((file) => !file.endsWith('kustomization.yaml'))
      .map((file) => path.join(projectRoot(), file));
    const location = path.join(projectRoot(), SCHEMA_LOCATION);
    const summary = await run([kubeconform ?? '', '-strict', '-summary', '-schema-location', location, ...files]);
    expect(summary).toMatch(/Invalid: 0, Errors: 0, Skipped: 0/);
  });
});

/** What only one of the two can say: who owns the namespace, and how a job comes before the rest. */
const withoutTheirOwn = (rendered: readonly Rendered[]): Map<string, unknown> =>
  new Map(
    rendered
      .filter(({ kind }) => kind !== 'Namespace')
      .map((resource) => {
        const copy = structuredClone(resource) as { metadata: Record<string, unknown>; spec?: Template };
        delete copy.metadata.namespace;
        if (resource.kind === 'Job') delete copy.metadata.annotations;
        if (copy.spec?.template?.metadata) delete copy.spec.template.metadata.annotations;
        return [idOf(resource), copy] as const;
      }),
  );

interface Template {
  readonly template?: { readonly metadata?: Record<string, unknown> };
}

describeWith(helm && builder)('the Helm chart', () => {
  it('makes what the overlay of production makes', async () => {
    const ofChart = withoutTheirOwn(resourcesIn(await renderChart(helm ?? '')));
    const ofOverlay = withoutTheirOwn(resourcesIn(await renderOverlay(builder ?? [], 'production')));
    expect([...ofChart.keys()].sort()).toEqual([...ofOverlay.keys()].sort());
    for (const [name, resource] of ofOverlay) expect(ofChart.get(name)).toEqual(resource);
  });

  it('is valid with other values, too', async () => {
    const values = {
      image: { digest: `sha256:${'a'.repeat(64)}` },
      secretName: 'other',
      autoscaling: { enabled: false },
      migrations: { enabled: false },
      route: { enabled: false },
      monitoring: { enabled: false },
      networkPolicy: { enabled: false },
      extraEnv: [{ name: 'ZERODB_POSTGRES_CA_FILE', value: '/etc/ca/ca.crt' }],
      extraVolumes: [{ name: 'ca', secret: { secretName: 'ca' } }],
      extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ca' }],
    };
    const text = await renderChart(helm ?? '', values);
    const rendered = resourcesIn(text);
    expect(rendered.flatMap((resource) => [...faultsOf(resource), ...podFaults(resource)])).toEqual([]);
    expect(new Set(rendered.map(({ kind }) => kind))).toEqual(
      new Set(['ServiceAccount', 'ConfigMap', 'Deployment', 'Service', 'PodDisruptionBudget']),
    );
    expect(text.match(/image: "zerodb@sha256:a{64}"/g)).toHaveLength(2);
    expect(text.match(/name: "?other"?$/gm)).toHaveLength(2);
    expect(text.match(/mountPath: \/etc\/ca$/gm)).toHaveLength(2);
    expect(text.match(/^ {2}replicas: [23]$/gm)).toHaveLength(2);
  });
});
