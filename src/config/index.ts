export * from './configuration';
export * from './configuration-error';
export * from './load-configuration';
export { issuersOf, type OidcIssuer } from './oidc';
export { withEnvFile } from './env-file';
export * from './settings.module';
export * from './slices';
export { packageRoot, packageVersion } from './package-root';
