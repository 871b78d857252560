export type { components, paths } from './api-types';
export * from './client';
export * from './errors';
export type * from './operations';
export * from './path';
export { errorFrom, errorOf } from './problem';
export type * from './shapes';
