export * from './configuration';
export * from './configuration-error';
export * from './load-configuration';
export * from './settings.module';
export * from './slices';
export { packageRoot, packageVersion } from './package-root';
export { nearest } from './nearest';
