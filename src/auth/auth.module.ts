import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { KnownProjects } from './projects/known-projects';
import { ProjectEntity } from './projects/project.entity';
import { ProjectsRepository } from './projects/projects.repository';
import { ProjectIdentities } from './projects/project-identities';
import { AccessSignals } from './access-signals';
import { AccessWatch } from './access-watch';
import { Authenticator } from './authenticator';
import { KeyEntity } from './keys/key.entity';
import { KeysRepository } from './keys/keys.repository';
import { KeyMetrics } from './keys/key-metrics';
import { KeyUses } from './keys/key-uses';
import { KnownKeyIds } from './keys/known-key-ids';
import { RootKey } from './keys/root-key';
import { S3Secrets } from './keys/s3-secrets';
import { Issuers } from './tokens/issuers';
import { SignIn } from './tokens/sign-in';
import { TokenCallers } from './tokens/token-callers';
import { TokenVerifier } from './tokens/token-verifier';

const PROVIDERS = [
  Authenticator,
  AccessSignals,
  AccessWatch,
  KeysRepository,
  KnownKeyIds,
  KeyUses,
  KeyMetrics,
  RootKey,
  S3Secrets,
  Issuers,
  SignIn,
  TokenVerifier,
  TokenCallers,
  KnownProjects,
  ProjectsRepository,
  ProjectIdentities,
];

@Global()
@Module({
  imports: [TypeOrmModule.forFeature([ProjectEntity, KeyEntity])],
  providers: PROVIDERS,
  exports: PROVIDERS,
})
export class AuthModule {}
