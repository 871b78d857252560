import { Module } from '@nestjs/common';
import { KeysController } from '../auth/keys.controller';
import { ProjectsController } from './projects.controller';

/** The routes of tenants and their keys. */
@Module({ controllers: [ProjectsController, KeysController] })
export class ProjectsModule {}
