export * from './config.module';
export * from './configuration';
export * from './configuration-error';
export * from './load-configuration';
export { packageRoot, packageVersion } from './package-root';
export { nearest } from './nearest';
