import { Global, Module } from '@nestjs/common';
import { ProjectsRepository } from './projects/projects.repository';
import { ProjectIdentities } from './projects/project-identities';
import { AccessSignals } from './access-signals';
import { AccessWatch } from './access-watch';
import { Authenticator } from './authenticator';
import { KeysRepository } from './keys/keys.repository';
import { KnownKeyIds } from './keys/known-key-ids';
import { RootKey } from './keys/root-key';

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
