import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('zerodb_broker_grants')
export class BrokerGrantEntity {
  @PrimaryColumn('int')
  project_id!: number;

  @PrimaryColumn({ type: 'text', collation: 'C' })
  topic!: string;

  @Column('boolean')
  can_read!: boolean;

  @Column('boolean')
  can_write!: boolean;

  @Column('timestamptz')
  created_at!: Date;

  @Column('timestamptz')
  updated_at!: Date;
}
