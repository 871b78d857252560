import { Global, Module } from '@nestjs/common';
import { ProjectsRepository } from '../projects/projects.repository';
import { ProjectIdentities } from '../projects/project-identities';
import { AccessSignals } from './access-signals';
import { AccessWatch } from './access-watch';
import { Authenticator } from './authenticator';
import { KeysRepository } from './keys.repository';
import { KnownKeyIds } from './known-key-ids';
import { RootKey } from './root-key';

const PROVIDERS = [
  Authenticator,
  AccessSignals,
  AccessWatch,
  KeysRepository,
  KnownKeyIds,
  RootKey,
  ProjectsRepository,
  ProjectIdentities,
];

@Global()
@Module({ providers: PROVIDERS, exports: PROVIDERS })
export class AuthModule {}
