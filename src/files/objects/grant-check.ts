import { forbidden } from '../../common/errors';
import type { Grant } from './presign';

/** Checks an upload against the conditions of its signed URL. Throws `forbidden`. */
export const checkedGrant = (
  grant: Grant | undefined,
  contentType: string,
  declared: Buffer | undefined,
): { readonly sha256: Buffer | undefined; readonly maxBytes: number | undefined } => {
  if (grant?.contentType !== undefined && grant.contentType !== contentType) {
    throw forbidden(`This URL was signed for the Content-Type ${grant.contentType}.`);
  }
  const signed = grant?.sha256 === undefined ? undefined : Buffer.from(grant.sha256, 'hex');
  if (signed && declared && !signed.equals(declared))
    throw forbidden('This URL was signed for another X-Content-SHA256.');
  return { sha256: signed ?? declared, maxBytes: grant?.maxBytes };
};
