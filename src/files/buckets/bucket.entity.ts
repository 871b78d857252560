import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Bucket, BucketSettings } from './bucket';

@Entity('zerodb_buckets')
export class BucketEntity implements Bucket {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column('int', { select: false })
  project_id!: number;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column('jsonb')
  settings!: BucketSettings;

  @Column('bigint')
  version!: number;

  @Column('timestamptz')
  created_at!: Date;

  @Column('timestamptz')
  updated_at!: Date;
}
