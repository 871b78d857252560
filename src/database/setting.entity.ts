import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('zerodb_settings')
export class SettingEntity {
  @PrimaryColumn('text')
  name!: string;

  @Column('jsonb')
  value!: unknown;
}
