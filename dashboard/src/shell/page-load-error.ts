/** The script of a page could not be fetched: there is another build by now, or no connection. */
export class PageLoadError extends Error {
  override readonly name = 'PageLoadError';

  constructor(cause: unknown) {
    super('The page could not be loaded. If ZeroDB was updated meanwhile, reload and sign in again.', { cause });
  }
}
