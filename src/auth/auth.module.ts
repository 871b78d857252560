import { Global, Module } from '@nestjs/common';
import { ProjectsRepository } from '../projects/projects.repository';
import { Authenticator } from './authenticator';
import { KeysRepository } from './keys.repository';
import { RootKey } from './root-key';

@Global()
@Module({
  providers: [Authenticator, KeysRepository, RootKey, ProjectsRepository],
  exports: [Authenticator, KeysRepository, RootKey, ProjectsRepository],
})
export class AuthModule {}
