import { Column, Entity } from 'typeorm';
import { NamedRow } from '../../database/entities/named-row';
import type { SubscriptionSettings } from './subscription';

@Entity('zerodb_subscriptions')
export class SubscriptionEntity extends NamedRow {
  @Column('int')
  project_id!: number;

  @Column('jsonb')
  settings!: SubscriptionSettings;

  @Column('timestamptz', { nullable: true })
  paused_at!: Date | null;

  @Column('text', { nullable: true })
  paused_reason!: string | null;
}
