// Writes the Helm chart of deploy/helm/zerodb from the manifests of k8s/: what differs between installations becomes a value,
// and the values are those of k8s/overlays/production. With `--check` it writes nothing, and fails when a file differs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';

const ROOT = path.join(import.meta.dirname, '..', '..');
const CHART = path.join(ROOT, 'deploy', 'helm', 'zerodb');
const PACKAGE = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const IMAGE =
  '{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}';

const read = (file) =>
  parseAllDocuments(readFileSync(path.join(ROOT, 'k8s', file), 'utf8')).map((document) => document.toJS());
const [config] = read('base/config.yaml');
const [api] = read('base/api.yaml');
const [worker] = read('base/worker.yaml');
const [account] = read('base/service-account.yaml');
const services = read('base/service.yaml');
const [apiBudget, workerBudget] = read('base/disruption.yaml');
const [policy, clients] = read('base/network-policy.yaml');
const [scaler] = read('components/scaling/autoscaler.yaml');
const [job] = read('components/migrations/job.yaml');
const [route] = read('components/route/route.yaml');
const [monitor] = read('monitoring/service-monitor.yaml');
const [rules] = read('monitoring/rules.yaml');
const [production] = read('overlays/production/kustomization.yaml');
const [image] = production.images;
const minAvailable = overlaid('PodDisruptionBudget', '/spec/minAvailable');

const NAME = 'app.kubernetes.io/name';
const OURS = { [NAME]: 'zerodb', 'app.kubernetes.io/part-of': 'zerodb' };
const [cpu, inFlight] = scaler.spec.metrics;

const VALUES = `# Written by scripts/kubernetes/write-chart.mjs from k8s/: the values are those of k8s/overlays/production.

image:
  repository: ${image.newName}
  # Default: the version of the chart.
  tag: ''
  # Of the image that you built, such as sha256:…; it takes the place of the tag, and cannot be moved.
  digest: ''

# A Secret that exists before the chart is installed; docs/kubernetes.md names its keys.
secretName: zerodb

# Settings that are no secrets; docs/configuration.md has all of them.
${stringify({ settings: config.data })}
${stringify({
  api: { replicas: scaler.spec.minReplicas, minAvailable, resources: api.spec.template.spec.containers[0].resources },
  worker: { replicas: worker.spec.replicas, resources: worker.spec.template.spec.containers[0].resources },
})}
# More processes for requests under load; it takes the place of api.replicas. The requests in flight need prometheus-adapter
# (deploy/prometheus-adapter/values.yaml).
${stringify({
  autoscaling: {
    enabled: true,
    minReplicas: scaler.spec.minReplicas,
    maxReplicas: scaler.spec.maxReplicas,
    cpuPercent: cpu.resource.target.averageUtilization,
    requestsInFlight: inFlight.pods.target.averageValue,
  },
})}
# Brings the schema to this version before processes are replaced.
migrations:
  enabled: true

# Who may send requests, who may read metrics, and where the processes may connect to.
${stringify({
  networkPolicy: {
    enabled: true,
    clients: clients.spec.ingress[0].from,
    monitoring: policy.spec.ingress[0].from,
    egress: policy.spec.egress,
  },
})}
# Requests from outside, over the Gateway API.
${stringify({ route: { enabled: true, parentRefs: route.spec.parentRefs, hostnames: route.spec.hostnames } })}
# For the Prometheus operator.
monitoring:
  enabled: true

# For all processes, in the form that a container and a pod take: addresses from other Secrets, files of authorities.
extraEnv: []
extraVolumeMounts: []
extraVolumes: []
`;

const NOTES = `ZeroDB {{ .Chart.AppVersion }} runs in the namespace {{ .Release.Namespace }}.

The root key is ZERODB_ROOT_KEY of the Secret {{ .Values.secretName }}. From a namespace with the label zerodb-client=allowed:

  curl http://zerodb.{{ .Release.Namespace }}/health
`;

const CHART_FILE = `# Written by scripts/kubernetes/write-chart.mjs.
${stringify({
  apiVersion: 'v2',
  name: 'zerodb',
  description: PACKAGE.description,
  type: 'application',
  version: PACKAGE.version,
  appVersion: PACKAGE.version,
  kubeVersion: '>=1.29.0-0',
})}`;

const files = {
  'Chart.yaml': CHART_FILE,
  'values.yaml': VALUES,
  'templates/NOTES.txt': NOTES,
  'templates/service-account.yaml': template(account),
  'templates/config.yaml': template({ ...config, data: '@yaml .Values.settings' }),
  'templates/api.yaml': template(deployment(api, 'api')),
  'templates/worker.yaml': template(deployment(worker, 'worker')),
  'templates/services.yaml': template(...services.map((each) => withSelector(each, each.spec.selector))),
  'templates/disruption.yaml': template(
    budget(apiBudget, { minAvailable: '@value .Values.api.minAvailable' }),
    budget(workerBudget, {}),
  ),
  'templates/network-policy.yaml': when('.Values.networkPolicy.enabled', ...policies()),
  'templates/autoscaler.yaml': when('.Values.autoscaling.enabled', autoscaler()),
  'templates/migrations.yaml': when('.Values.migrations.enabled', migrations()),
  'templates/route.yaml': when('.Values.route.enabled', {
    ...route,
    spec: { ...route.spec, parentRefs: '@yaml .Values.route.parentRefs', hostnames: '@yaml .Values.route.hostnames' },
  }),
  'templates/monitoring.yaml': when('.Values.monitoring.enabled', monitor, rules),
};

const different = Object.entries(files).filter(([name, text]) => textOf(name) !== text);
const left = filesOf(CHART).filter((name) => !(name in files));
if (process.argv.includes('--check')) {
  for (const name of [...different.map(([name]) => name), ...left])
    console.error(`deploy/helm/zerodb/${name} differs.`);
  if (different.length + left.length > 0) {
    console.error('Run: node scripts/kubernetes/write-chart.mjs');
    process.exitCode = 1;
  }
} else {
  for (const name of left) rmSync(path.join(CHART, name));
  for (const [name, text] of different) {
    mkdirSync(path.dirname(path.join(CHART, name)), { recursive: true });
    writeFileSync(path.join(CHART, name), text);
  }
}

/** What the overlay of production puts at this place. */
function overlaid(kind, place) {
  const { patch } = production.patches.find(({ target }) => target.kind === kind);
  return parseAllDocuments(patch)[0]
    .toJS()
    .find((each) => each.path === place).value;
}

function deployment(given, role) {
  const { spec } = given;
  const pod = withExtras(spec.template.spec, `.Values.${role}.resources`);
  const constraints = pod.topologySpreadConstraints.map((each) => ({
    ...each,
    labelSelector: { matchLabels: { ...each.labelSelector.matchLabels, ...OURS } },
  }));
  const matchLabels = { ...spec.selector.matchLabels, ...OURS };
  return {
    ...given,
    spec: {
      replicas:
        role === 'api' ? '@unless .Values.autoscaling.enabled .Values.api.replicas' : `@value .Values.${role}.replicas`,
      ...omit(spec, 'replicas'),
      selector: { matchLabels },
      template: {
        metadata: {
          labels: { ...spec.template.metadata.labels, ...OURS },
          // Processes read their settings at the start.
          annotations: { 'checksum/settings': '@text {{ .Values.settings | toYaml | sha256sum }}' },
        },
        spec: { ...pod, topologySpreadConstraints: constraints },
      },
    },
  };
}

/** A pod with the image, the Secret and the additions that the values name. */
function withExtras(pod, resources) {
  const [container] = pod.containers;
  const envFrom = container.envFrom.map((each) =>
    each.secretRef ? { secretRef: { name: '@text {{ .Values.secretName }}' } } : each,
  );
  return {
    ...pod,
    containers: [
      {
        ...container,
        image: `@text ${IMAGE}`,
        env: [...container.env, '@more .Values.extraEnv'],
        envFrom,
        resources: resources ? `@yaml ${resources}` : container.resources,
        volumeMounts: [...container.volumeMounts, '@more .Values.extraVolumeMounts'],
      },
    ],
    volumes: [...pod.volumes, '@more .Values.extraVolumes'],
  };
}

function withSelector(given, selector) {
  return { ...given, spec: { ...given.spec, selector: { ...selector, ...OURS } } };
}

function budget(given, spec) {
  const matchLabels = { ...given.spec.selector.matchLabels, ...OURS };
  return { ...given, spec: { ...given.spec, ...spec, selector: { matchLabels } } };
}

function policies() {
  const of = (given, spec) => ({
    ...given,
    spec: { ...given.spec, podSelector: { matchLabels: { ...given.spec.podSelector.matchLabels, ...OURS } }, ...spec },
  });
  const from = (given, value) => [{ ...given.spec.ingress[0], from: `@yaml ${value}` }];
  return [
    of(policy, {
      ingress: from(policy, '.Values.networkPolicy.monitoring'),
      egress: '@yaml .Values.networkPolicy.egress',
    }),
    of(clients, { ingress: from(clients, '.Values.networkPolicy.clients') }),
  ];
}

function autoscaler() {
  const metrics = JSON.parse(JSON.stringify([cpu, inFlight]));
  metrics[0].resource.target.averageUtilization = '@value .Values.autoscaling.cpuPercent';
  metrics[1].pods.target.averageValue = '@text {{ .Values.autoscaling.requestsInFlight }}';
  const minReplicas = '@value .Values.autoscaling.minReplicas';
  const maxReplicas = '@value .Values.autoscaling.maxReplicas';
  return { ...scaler, spec: { ...scaler.spec, minReplicas, maxReplicas, metrics } };
}

/** Runs before anything else is there: it must not need the ConfigMap or the account. */
function migrations() {
  const annotations = {
    'helm.sh/hook': 'pre-install,pre-upgrade',
    'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
  };
  const { template: pod } = job.spec;
  return {
    ...job,
    metadata: { ...job.metadata, annotations },
    spec: { ...job.spec, template: { ...pod, spec: withExtras(pod.spec) } },
  };
}

function when(condition, ...resources) {
  return `{{- if ${condition} }}\n${template(...resources)}{{- end }}\n`;
}

/** Resources as a template. `@value`, `@text`, `@yaml`, `@more` and `@unless` are where the values go. */
function template(...resources) {
  const texts = resources.map((each) => {
    const labelled = { ...each, metadata: { ...each.metadata, labels: { ...each.metadata.labels, ...OURS } } };
    return stringify(labelled, { lineWidth: 0, aliasDuplicateObjects: false })
      .replaceAll('{{ $', '{{ "{{" }} $')
      .split('\n')
      .map(filled)
      .join('\n');
  });
  return texts.join('---\n');
}

function filled(line) {
  const [, indent = '', key = '', mark, rest = ''] = /^( *)(?:([^"@]*: )?)["']?@(\w+) (.*?)["']?$/.exec(line) ?? [];
  const deeper = indent.length + 2;
  if (mark === 'value') return `${indent}${key}{{ ${rest} }}`;
  if (mark === 'text') return `${indent}${key}"${rest}"`;
  if (mark === 'yaml')
    return `${indent}${key.trimEnd()}\n${' '.repeat(deeper)}{{- toYaml ${rest} | nindent ${deeper} }}`;
  if (mark === 'unless') {
    const [condition, value] = rest.split(' ');
    return `${indent}{{- if not ${condition} }}\n${indent}${key}{{ ${value} }}\n${indent}{{- end }}`;
  }
  // An item of a list: more items follow, at the depth of its dash.
  const more = /^( *)- ["']?@more (\S+?)["']?$/.exec(line);
  if (more)
    return `${more[1]}{{- with ${more[2]} }}\n${more[1]}{{- toYaml . | nindent ${more[1].length} }}\n${more[1]}{{- end }}`;
  return line;
}

function omit(object, key) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

function textOf(name) {
  const file = path.join(CHART, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function filesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));
}
