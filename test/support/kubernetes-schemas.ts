import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { projectRoot } from './stack-files';

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
const validators = new Map<string, ValidateFunction>();

/** What the schemas of test/schemas say against a resource. A kind without a schema is a fault. */
export function faultsOf(resource: unknown): string[] {
  const { apiVersion, kind } = resource as { apiVersion: string; kind: string };
  const [group = '', version = group] = apiVersion.split('/');
  const validate = validatorOf(`${group}_${version}_${kind.toLowerCase()}`);
  if (validate === undefined) return [`There is no schema of ${kind} in ${apiVersion}.`];
  if (validate(resource)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function validatorOf(name: string): ValidateFunction | undefined {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const file = path.join(projectRoot(), 'test/schemas', `${name}.json`);
  if (!existsSync(file)) return undefined;
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);
  validators.set(name, validate);
  return validate;
}

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

interface Pod {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: SecurityContext;
  readonly containers: readonly { readonly name: string; readonly securityContext?: SecurityContext }[];
  readonly initContainers?: Pod['containers'];
  readonly volumes?: readonly Record<string, unknown>[];
}

/** Kinds of volumes that the level allows; `name` is the volume's own. */
const VOLUMES = new Set(
  'name configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' '),
);

/** What the level `restricted` of the pod security standards refuses in the pods of this resource. */
export function podFaults(resource: unknown): string[] {
  const pod = (resource as { spec?: { template?: { spec?: Partial<Pod> } } }).spec?.template?.spec;
  if (pod?.containers === undefined) return [];
  const containers = [...pod.containers, ...(pod.initContainers ?? [])];
  return [
    ...(pod.hostNetwork || pod.hostPID || pod.hostIPC ? ['host namespaces'] : []),
    ...(pod.volumes ?? [])
      .flatMap((volume) => Object.keys(volume))
      .filter((kind) => !VOLUMES.has(kind))
      .map((kind) => `volume ${kind}`),
    ...containers.flatMap(({ securityContext: own = {} }) => containerFaults({ ...pod.securityContext, ...own })),
  ];
}

const containerFaults = (context: SecurityContext): string[] => [
  ...(context.runAsNonRoot === true ? [] : ['runAsNonRoot']),
  ...(context.privileged === true ? ['privileged'] : []),
  ...(context.allowPrivilegeEscalation === false ? [] : ['allowPrivilegeEscalation']),
  ...(['RuntimeDefault', 'Localhost'].includes(context.seccompProfile?.type ?? '') ? [] : ['seccompProfile']),
  ...(context.capabilities?.drop?.includes('ALL') === true ? [] : ['capabilities']),
  ...(context.capabilities?.add ?? [])
    .filter((each) => each !== 'NET_BIND_SERVICE')
    .map((each) => `capability ${each}`),
];
