import { Column, PrimaryGeneratedColumn } from 'typeorm';

/** What the rows have in common that are known by a name in their project. */
export abstract class NamedRow {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column('bigint')
  version!: number;

  @Column('timestamptz')
  created_at!: Date;

  @Column('timestamptz')
  updated_at!: Date;
}
