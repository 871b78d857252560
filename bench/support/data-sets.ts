import path from 'node:path';

/** Where the data sets are that are too large for the repository: each benchmark looks for its own there. */
export const dataSetsFolder = (): string => process.env.ZERODB_DATA_SETS ?? path.resolve('..', 'shared', 'data');
