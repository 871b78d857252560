import type { EndpointDefinition } from '../../src/api/endpoint';
import { AuditBatch } from '../../src/audit/audit-batch';
import { AuditKeys } from '../../src/audit/audit-keys';
import { AuditMetrics } from '../../src/audit/audit-metrics';
import { AuditTrail } from '../../src/audit/audit-trail';
import { Chainer } from '../../src/audit/chain/chainer';
import { AuditRetention } from '../../src/audit/chain/retention';
import { AuditLogService } from '../../src/audit/log/audit-log.service';
import { AuditRepository } from '../../src/audit/log/audit.repository';
import { Refusals } from '../../src/audit/refusals';
import { ProjectRemoval } from '../../src/auth/projects/project-removal';
import { BackgroundWork } from '../../src/common/background-work';
import type { Caller, Scope } from '../../src/common/scope';
import type { AuditSettings } from '../../src/config';
import type { Database } from '../../src/database/database.port';
import { SettingEntity } from '../../src/database/setting.entity';
import { SettingsRepository } from '../../src/database/settings.repository';
import { Metrics } from '../../src/telemetry/metrics';
import { errorOf } from '../../src/transports/rest/problem';
import { forRequest } from '../../src/common/request-work';
import { repositoryOf } from './entities';

/** The audit log of one process on a database, without its background work. */
export interface AuditWorld {
  readonly keys: AuditKeys;
  readonly trail: AuditTrail;
  readonly logs: AuditLogService;
  readonly chainer: Chainer;
  readonly batch: AuditBatch;
  readonly refusals: Refusals;
  readonly retention: AuditRetention;
  readonly repository: AuditRepository;
  /** Runs `work` as an operation of this class, as the endpoints do. */
  readonly act: <T>(work: () => Promise<T>, kind?: EndpointDefinition['audit'], name?: string) => Promise<T>;
}

export const SCOPE: Scope = { projectId: 1, projectName: 'default' };

export const CALLER: Caller = {
  scope: SCOPE,
  role: 'admin',
  isRoot: false,
  keyId: '0123456789abcdef',
  requestId: 'request-1',
  address: '192.0.2.7',
};

export const operation = (audit: EndpointDefinition['audit'], operationId = 'putCollection'): EndpointDefinition => ({
  method: 'PUT',
  path: '/v1/collections/{collection}',
  operationId,
  audit,
  tag: 'Test',
  summary: 'Test',
  access: 'write',
  responses: { 200: null },
});

export async function auditWorld(
  database: Database,
  settings: AuditSettings = { dataAccess: 'off', retentionDays: 0 },
): Promise<AuditWorld> {
  const background = new BackgroundWork('all');
  const repository = new AuditRepository(database);
  const keys = new AuditKeys(new SettingsRepository(await repositoryOf(database, SettingEntity), database));
  const chainer = new Chainer(database, keys);
  const batch = new AuditBatch(repository, keys, new AuditMetrics(new Metrics()), background);
  const refusals = new Refusals(batch, keys, background);
  const trail = new AuditTrail(repository, batch, refusals, keys, settings);
  const logs = new AuditLogService(repository, chainer, batch, keys, new ProjectRemoval(database));
  const retention = new AuditRetention(database, keys, settings, background);
  const act: AuditWorld['act'] = async (work, kind = 'admin', name = 'books') =>
    await forRequest(10_000, 10_000, async () =>
      trail.run(operation(kind), CALLER, { collection: name }, errorOf, work),
    );
  return { keys, trail, logs, chainer, batch, refusals, retention, repository, act };
}
