import { Column, Entity } from 'typeorm';
import { NamedRow } from '../../database/entities/named-row';
import type { Bucket, BucketSettings } from './bucket';

@Entity('zerodb_buckets')
export class BucketEntity extends NamedRow implements Bucket {
  @Column('int', { select: false })
  project_id!: number;

  @Column('jsonb')
  settings!: BucketSettings;
}
