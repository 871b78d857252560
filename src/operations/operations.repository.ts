import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type QueryDeepPartialEntity } from 'typeorm';
import { newId } from '../common/ids';
import type { Scope } from '../common/scope';
import { inScope } from '../database/entities/in-scope';
import { insertRow, NEXT_VERSION } from '../database/entities/statements';
import type { Operation } from './operation';
import { OperationEntity } from './operation.entity';
import type { OperationKind } from './operation.schemas';

/** The progress that is left out stays; a result and an error are either there or not. */
export interface OperationChange {
  readonly progress?: Readonly<Record<string, unknown>> | undefined;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** The table of operations. */
@Injectable()
export class OperationsRepository {
  constructor(@InjectRepository(OperationEntity) private readonly operations: Repository<OperationEntity>) {}

  async find(scope: Scope, id: string): Promise<Operation | undefined> {
    const operation = await inScope(this.operations, scope).findOneBy({ project_id: scope.projectId, id });
    return operation ?? undefined;
  }

  /** Newest first. */
  async list(scope: Scope, limit: number): Promise<Operation[]> {
    return await inScope(this.operations, scope).find({
      where: { project_id: scope.projectId },
      order: { created_at: 'desc', id: 'desc' },
      take: limit,
    });
  }

  async insert(scope: Scope, kind: OperationKind, subject: string): Promise<Operation> {
    const operation = { id: newId(), project_id: scope.projectId, kind, subject, state: 'running' as const };
    return await insertRow(inScope(this.operations, scope), operation);
  }

  /** `from`: only an operation in this state is changed. */
  async update(
    scope: Scope,
    id: string,
    state: Operation['state'],
    change: OperationChange,
    from?: Operation['state'],
  ): Promise<void> {
    const { progress, result = null, error = null } = change;
    const changes = { state, result, error, updated_at: NEXT_VERSION.updated_at, ...(progress && { progress }) };
    const where = { project_id: scope.projectId, id, ...(from && { state: from }) };
    await inScope(this.operations, scope).update(where, changes as QueryDeepPartialEntity<OperationEntity>);
  }
}
