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

  /** How often its secret was replaced. */
  @Column('int')
  rotation!: number;

  @Column('timestamptz', { nullable: true })
  rotated_at!: Date | null;

  @Column('timestamptz', { nullable: true })
  last_used_at!: Date | null;

  /** SHA-256 of the key with the secret before. */
  @Column('bytea', { nullable: true })
  previous_hash!: Buffer | null;

  @Column('timestamptz', { nullable: true })
  previous_expires_at!: Date | null;

  @Column('timestamptz', { nullable: true })
  previous_last_used_at!: Date | null;
}
