export * from './addresses';
export * from './guarded-fetch';
