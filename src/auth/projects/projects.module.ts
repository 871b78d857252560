import { Module } from '@nestjs/common';
import { KeysController } from '../keys/keys.controller';
import { SignInController } from '../tokens/sign-in.controller';
import { ProjectRemoval } from './project-removal';
import { ProjectsController } from './projects.controller';

/** The routes of tenants, their keys, and of signing in. */
@Module({
  controllers: [ProjectsController, KeysController, SignInController],
  providers: [ProjectRemoval],
  exports: [ProjectRemoval],
})
export class ProjectsModule {}
