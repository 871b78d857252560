// Writes test/schemas: what the tests validate manifests with, without a cluster and without the network.
//
//   node scripts/kubernetes/write-schemas.mjs DEFINITIONS.json CRD.yaml…
//
// DEFINITIONS.json is `_definitions.json` of Kubernetes' JSON schemas (PyPI: kubernetes-validate, a folder per version).
// The others are CustomResourceDefinitions of the versions that test/schemas/README.md names. Only the kinds in use are
// written, without descriptions. Properties that a schema does not name are faults: a typing error is found here.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

const FOLDER = path.join(import.meta.dirname, '..', '..', 'test', 'schemas');
const BUILT_IN = {
  'io.k8s.api.apps.v1.Deployment': 'apps_v1_deployment',
  'io.k8s.api.batch.v1.Job': 'batch_v1_job',
  'io.k8s.api.core.v1.ConfigMap': 'v1_v1_configmap',
  'io.k8s.api.core.v1.Namespace': 'v1_v1_namespace',
  'io.k8s.api.core.v1.Secret': 'v1_v1_secret',
  'io.k8s.api.core.v1.Service': 'v1_v1_service',
  'io.k8s.api.core.v1.ServiceAccount': 'v1_v1_serviceaccount',
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler': 'autoscaling_v2_horizontalpodautoscaler',
  'io.k8s.api.networking.v1.NetworkPolicy': 'networking.k8s.io_v1_networkpolicy',
  'io.k8s.api.storage.v1.StorageClass': 'storage.k8s.io_v1_storageclass',
  'io.k8s.api.policy.v1.PodDisruptionBudget': 'policy_v1_poddisruptionbudget',
};
const CUSTOM = new Set([
  'ceph.rook.io_v1_cephobjectstore',
  'external-secrets.io_v1_externalsecret',
  'external-secrets.io_v1_secretstore',
  'gateway.networking.k8s.io_v1_httproute',
  'kafka.strimzi.io_v1_kafka',
  'kafka.strimzi.io_v1_kafkanodepool',
  'kafka.strimzi.io_v1_kafkauser',
  'monitoring.coreos.com_v1_prometheusrule',
  'monitoring.coreos.com_v1_servicemonitor',
  'objectbucket.io_v1alpha1_objectbucketclaim',
  'postgresql.cnpg.io_v1_cluster',
  'postgresql.cnpg.io_v1_scheduledbackup',
]);
const RESOURCE = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
const QUANTITY = { anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'number' }] };

const [definitionsFile, ...crdFiles] = process.argv.slice(2);
const { $defs: definitions } = JSON.parse(readFileSync(definitionsFile, 'utf8'));

for (const [name, file] of Object.entries(BUILT_IN)) {
  const found = {};
  collect(name, found);
  write(file, { $ref: `#/definitions/${name}`, definitions: found });
}
for (const file of crdFiles) {
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const { kind, spec } = document.toJS() ?? {};
    if (kind !== 'CustomResourceDefinition') continue;
    for (const version of spec.versions) {
      const name = `${spec.group}_${version.name}_${spec.names.kind.toLowerCase()}`;
      if (!CUSTOM.delete(name)) continue;
      const { properties, ...rest } = version.schema.openAPIV3Schema;
      // What the cluster says about a resource is not for a manifest.
      delete properties.status;
      write(name, plain({ ...rest, properties: { ...properties, ...RESOURCE } }));
    }
  }
}
if (CUSTOM.size > 0) throw new Error(`No definition was given of: ${[...CUSTOM].join(', ')}`);

/** A built-in kind and all that it refers to. */
function collect(name, found) {
  if (found[name]) return;
  found[name] = /\.(Quantity|IntOrString)$/.test(name) ? QUANTITY : plain(definitions[name]);
  for (const [, reference] of JSON.stringify(found[name]).matchAll(/"#\/definitions\/([^"]+)"/g))
    collect(reference, found);
}

/** The schema for a validator: no texts, no hints for the API server, nothing allowed that is not named. */
function plain(schema, isProperties = false) {
  if (Array.isArray(schema)) return schema.map((each) => plain(each));
  if (typeof schema !== 'object' || schema === null) return schema;
  if (isProperties) return Object.fromEntries(Object.entries(schema).map(([name, each]) => [name, plain(each)]));
  if (schema.$ref) return { $ref: `#/definitions/${schema.$ref.split('/').at(-1)}` };
  if (schema['x-kubernetes-int-or-string']) return QUANTITY;
  const kept = {};
  for (const [key, value] of Object.entries(schema)) {
    if (/^(description|default|example|format|status|title|nullable)$/.test(key) || key.startsWith('x-')) continue;
    // Go's expressions have flags within, which JavaScript's have not.
    if (key === 'pattern' && value.includes('(?i)')) continue;
    kept[key] = plain(value, key === 'properties');
  }
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-embedded-resource'];
  if (kept.properties && !isOpen) kept.additionalProperties ??= false;
  return kept;
}

function write(name, schema) {
  writeFileSync(path.join(FOLDER, `${name}.json`), `${JSON.stringify(schema)}\n`);
}
