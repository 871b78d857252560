import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { ConsumerKind } from './consumer';

/** Webhooks, consumer groups and the follower of the broker. */
@Entity('zerodb_consumers')
export class ConsumerEntity {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column('int')
  project_id!: number;

  @Column('text')
  kind!: ConsumerKind;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column('int', { nullable: true })
  topic_id!: number | null;

  @Column('jsonb')
  settings!: unknown;

  @Column('timestamptz', { nullable: true })
  paused_at!: Date | null;

  @Column('text', { nullable: true })
  paused_reason!: string | null;

  @Column('bigint')
  version!: number;

  @Column('timestamptz')
  created_at!: Date;

  @Column('timestamptz')
  updated_at!: Date;
}
