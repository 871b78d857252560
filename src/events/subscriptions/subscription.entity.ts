import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { SubscriptionSettings } from './subscription';

@Entity('zerodb_subscriptions')
export class SubscriptionEntity {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column('int')
  project_id!: number;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column('jsonb')
  settings!: SubscriptionSettings;

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
