import { declaredEndpoints } from '../../src/generate/declared-endpoints';

/** Paths that processes of every role answer. */
export const healthPaths = (): string[] =>
  declaredEndpoints()
    .filter(({ tag, access }) => tag === 'Health' && access === 'public')
    .map((endpoint) => endpoint.path);
