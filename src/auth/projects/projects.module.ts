import { Module } from '@nestjs/common';
import { KeysController } from '../keys/keys.controller';
import { ProjectRemoval } from './project-removal';
import { ProjectsController } from './projects.controller';

/** The routes of tenants and their keys. */
@Module({ controllers: [ProjectsController, KeysController], providers: [ProjectRemoval], exports: [ProjectRemoval] })
export class ProjectsModule {}
