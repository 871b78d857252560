export * from './ast';
export * from './evaluate';
export * from './instant';
export * from './metadata';
export * from './parse';
export * from './words';
