import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Operation, OperationState } from './operation';
import type { OperationKind } from './operation.schemas';

@Entity('zerodb_operations')
export class OperationEntity implements Operation {
  @PrimaryColumn('text')
  id!: string;

  @Column('int', { select: false })
  project_id!: number;

  @Column('text')
  kind!: OperationKind;

  @Column('text')
  subject!: string;

  @Column('text')
  state!: OperationState;

  @Column('jsonb')
  progress!: Record<string, unknown>;

  @Column('jsonb', { nullable: true })
  result!: unknown;

  @Column('jsonb', { nullable: true })
  error!: unknown;

  @Column('timestamptz')
  created_at!: Date;

  @Column('timestamptz')
  updated_at!: Date;
}
