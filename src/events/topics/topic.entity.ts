import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { TopicSettings } from '../event';

@Entity('zerodb_topics')
export class TopicEntity {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column('int')
  project_id!: number;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column('jsonb')
  settings!: TopicSettings;

  @Column({ type: 'text', collation: 'C', nullable: true })
  broker_name!: string | null;

  @Column('bigint')
  version!: number;

  @Column('timestamptz')
  created_at!: Date;

  @Column('timestamptz')
  updated_at!: Date;
}
