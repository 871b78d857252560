import { Column, Entity } from 'typeorm';
import { NamedRow } from '../../database/entities/named-row';
import type { ConsumerKind } from './consumer';

/** Webhooks, consumer groups and the follower of the broker. */
@Entity('zerodb_consumers')
export class ConsumerEntity extends NamedRow {
  @Column('int')
  project_id!: number;

  @Column('text')
  kind!: ConsumerKind;

  @Column('int', { nullable: true })
  topic_id!: number | null;

  @Column('jsonb')
  settings!: unknown;

  @Column('timestamptz', { nullable: true })
  paused_at!: Date | null;

  @Column('text', { nullable: true })
  paused_reason!: string | null;
}
