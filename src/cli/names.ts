/** `/v1/collections/{name}` and below: names are percent-encoded, so no name can reach another route. */
export const collectionPath = (collection: string, rest = ''): string =>
  `/v1/collections/${encodeURIComponent(collection)}${rest}`;
