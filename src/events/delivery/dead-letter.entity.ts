import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Of a consumer of the log, or of a subscription to the broker. */
@Entity('zerodb_dead_letters')
export class DeadLetterEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column('int')
  project_id!: number;

  @Column('int', { nullable: true })
  consumer_id!: number | null;

  @Column('int', { nullable: true })
  subscription_id!: number | null;

  @Column('int', { nullable: true })
  topic_id!: number | null;

  @Column('smallint')
  lane!: number;

  @Column('bigint')
  position!: number;

  @Column({ type: 'text', collation: 'C' })
  event_id!: string;

  @Column({ type: 'text', collation: 'C', nullable: true })
  key!: string | null;

  @Column('text')
  state!: 'dead' | 'waiting' | 'replay';

  @Column('text')
  error!: string;

  /** The event as JSON: large, so it is read only where it is selected by name. */
  @Column('text', { select: false })
  body!: string;

  @Column('timestamptz')
  created_at!: Date;
}
