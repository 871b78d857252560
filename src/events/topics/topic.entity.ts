import { Column, Entity } from 'typeorm';
import { NamedRow } from '../../database/entities/named-row';
import type { TopicSettings } from '../event';

@Entity('zerodb_topics')
export class TopicEntity extends NamedRow {
  @Column('int')
  project_id!: number;

  @Column('jsonb')
  settings!: TopicSettings;

  @Column({ type: 'text', collation: 'C', nullable: true })
  broker_name!: string | null;
}
