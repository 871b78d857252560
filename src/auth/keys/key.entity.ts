import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../../common/scope';

@Entity('zerodb_keys')
export class KeyEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('int')
  project_id!: number;

  @Column('text')
  name!: string;

  @Column('text')
  role!: Role;

  /** SHA-256 of the key. */
  @Column('bytea')
  hash!: Buffer;

  @Column('timestamptz')
  created_at!: Date;

  @Column('timestamptz', { nullable: true })
  expires_at!: Date | null;

  @Column('timestamptz', { nullable: true })
  revoked_at!: Date | null;
}
