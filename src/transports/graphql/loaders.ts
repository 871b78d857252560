import DataLoader from 'dataloader';
import type { GraphqlContext } from '../../api/field';

/** Keys that one statement takes. */
const MAX_BATCH = 1_000;

/** The loaders of one request. They forget when it ends, so nobody sees what another was allowed to. */
export const createLoaders = (): GraphqlContext['load'] => {
  const loaders = new Map<string, DataLoader<string, unknown>>();
  return async <V>(
    name: string,
    key: string,
    batch: (keys: readonly string[]) => Promise<(V | Error)[]>,
  ): Promise<V> => {
    const known = loaders.get(name) ?? new DataLoader<string, unknown>(batch, { maxBatchSize: MAX_BATCH });
    loaders.set(name, known);
    return (await known.load(key)) as V;
  };
};
