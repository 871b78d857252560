import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('zerodb_projects')
export class ProjectEntity {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column({ type: 'text', collation: 'C' })
  uid!: string;

  /** The start of its names on the broker; `null`: made of the uid and the name. */
  @Column({ type: 'text', collation: 'C', nullable: true, select: false })
  broker_prefix!: string | null;

  @Column('timestamptz')
  created_at!: Date;
}
