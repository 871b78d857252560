export * from './catalogue';
export * from './zerodb-error';
