import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { notFound } from '../../common/errors';
import type { Scope } from '../../common/scope';
import type { Operation } from '../../operations/operation';
import { operationSchema, type OperationKind } from '../../operations/operation.schemas';
import { presentOperation } from '../../operations/operations.controller';
import { OperationsService } from '../../operations/operations.service';
import type { BackupProgress } from '../create';
import type { Summary } from '../summary';
import { nextAt } from './backup-schedule';
import { BackupScheduler } from './backup-scheduler';
import { backupParams, backupsAnswer, scheduleAnswer, scheduleBody, verifyBody } from './backups.schemas';
import { RunningBackups } from './running-backups';

const tag = 'Backups';
const path = '/v1/backups';
const schedulePath = `${path}/schedule`;

const list = defineEndpoint({
  method: 'GET',
  path,
  operationId: 'listBackups',
  audit: 'read',
  tag,
  summary: 'The finished backups at ZERODB_BACKUP_TO, oldest first',
  description: 'Those that the command line made are among them. 409 when the server has no place for backups.',
  access: 'root',
  responses: { 200: backupsAnswer },
  deadlineMs: 30_000,
});

const create = defineEndpoint({
  method: 'POST',
  path,
  operationId: 'createBackup',
  audit: 'admin',
  tag,
  summary: 'Back up everything as it is now',
  description:
    'Records, memories, files, events, keys and settings, of one instant, while the product serves. The answer is an operation ' +
    'that shows the progress. One runs at a time: 409 while another one does. A backup on the embedded engine needs room for a ' +
    'copy of its folder.',
  access: 'root',
  responses: { 202: operationSchema },
  deadlineMs: 60_000,
});

const verify = defineEndpoint({
  method: 'POST',
  path: `${path}/{id}/verify`,
  operationId: 'verifyBackup',
  audit: 'admin',
  tag,
  summary: 'Read every byte of a backup and check it',
  description: 'The operation names each fault. `deep` also restores it into a temporary database.',
  access: 'root',
  params: backupParams,
  body: verifyBody,
  responses: { 202: operationSchema },
});

const getSchedule = defineEndpoint({
  method: 'GET',
  path: schedulePath,
  operationId: 'getBackupSchedule',
  audit: 'read',
  tag,
  summary: 'The schedule of backups, and how the last ones went',
  description: '`schedule` is `null` where none is set; `state` is that of backups that a server made.',
  access: 'root',
  responses: { 200: scheduleAnswer },
});

const putSchedule = defineEndpoint({
  method: 'PUT',
  path: schedulePath,
  operationId: 'putBackupSchedule',
  audit: 'admin',
  tag,
  summary: 'Back up by a schedule',
  description:
    'One worker makes each backup and then removes what is not to be kept. A failed one is tried again after a minute. What is ' +
    'written after the last backup is what a disaster takes: `every_minutes: 5` bounds that to five minutes and the time of a backup.',
  access: 'root',
  body: scheduleBody,
  responses: { 200: scheduleAnswer },
});

const deleteSchedule = defineEndpoint({
  method: 'DELETE',
  path: schedulePath,
  operationId: 'deleteBackupSchedule',
  audit: 'admin',
  tag,
  summary: 'Make no more backups by a schedule',
  description: 'Those that were made stay. 404 where there is no schedule.',
  access: 'root',
  responses: { 204: null },
});

/** Backups of the installation that answers. A restore is the command line's: nobody may use what is being restored. */
@Controller()
export class BackupsController {
  constructor(
    private readonly backups: RunningBackups,
    private readonly scheduler: BackupScheduler,
    private readonly operations: OperationsService,
  ) {}

  @Endpoint(list)
  async list(@Input() { signal }: EndpointInput<typeof list>): Promise<z.input<typeof backupsAnswer>> {
    const { backups, damaged } = await this.backups.list(signal);
    return { place: this.backups.place, data: backups.map(present), damaged: [...damaged] };
  }

  @Endpoint(create)
  async create(@Input() { caller: { scope } }: EndpointInput<typeof create>): Promise<Reply> {
    const run = await this.backups.begin();
    const operation = await this.operations
      .create(scope, 'backup', this.backups.place)
      .catch(async (error: unknown) => {
        await run.giveBack();
        throw error;
      });
    void this.operations.follow(scope, operation, (report) => run.make({ onProgress: forPeople(report) }));
    return await this.accepted(scope, operation);
  }

  @Endpoint(verify)
  async verify(@Input() { caller: { scope }, params: { id }, body }: EndpointInput<typeof verify>): Promise<Reply> {
    void this.backups.place;
    const operation = await this.operations.create(scope, 'backup_verification', id);
    void this.operations.follow(scope, operation, (report) =>
      this.backups.verify(id, body.deep, { onProgress: forPeople(report) }),
    );
    return await this.accepted(scope, operation);
  }

  @Endpoint(getSchedule)
  async schedule(): Promise<z.input<typeof scheduleAnswer>> {
    const [schedule, state] = [await this.backups.schedule(), await this.backups.state()];
    const next = schedule && new Date(Math.max(Date.now(), nextAt(schedule, state))).toISOString();
    const { started_at = null, succeeded_at = null, backup = null, failed_at = null, error = null } = state;
    return {
      schedule: schedule ?? null,
      state: { started_at, succeeded_at, backup, failed_at, error, next_at: next ?? null },
    };
  }

  @Endpoint(putSchedule)
  async putSchedule(@Input() { body }: EndpointInput<typeof putSchedule>): Promise<z.input<typeof scheduleAnswer>> {
    await this.backups.setSchedule(body);
    this.scheduler.wake();
    return await this.schedule();
  }

  @Endpoint(deleteSchedule)
  async deleteSchedule(): Promise<void> {
    if (!(await this.backups.removeSchedule())) throw notFound('schedule of', 'backups');
  }

  private async accepted(scope: Scope, { id }: Operation<OperationKind>): Promise<Reply> {
    const operation = presentOperation(await this.operations.get(scope, id));
    return new Reply(202, operation, { location: `/v1/operations/${id}` });
  }
}

const forPeople =
  (report: (progress: Record<string, unknown>) => Promise<void>) =>
  ({ bytes, now }: BackupProgress): void =>
    // What can't be written now is written by a later one.
    void report({ done: bytes, unit: 'bytes', now }).catch(() => undefined);

const present = (summary: Summary): z.input<typeof backupsAnswer>['data'][number] => ({
  id: summary.id,
  instant: summary.instant,
  finished_at: summary.finished_at,
  version: summary.version,
  engine: summary.engine,
  encrypted: summary.encrypted,
  records: summary.rows['zerodb_vectors'] ?? 0,
  files: summary.files.count,
  bytes: summary.bytes,
  sent_bytes: summary.sent_bytes,
  missing_files: summary.files.missing,
});
