import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { DeclaredChecksums } from './body/checksums';
import { malformedXml, notImplemented, s3Error } from './errors';
import type { BodyBytes } from './route';
import type { S3Request } from './s3-request';
import { readXml } from './read-xml';

/** The XML of a body, once it is what was signed. Throws `MalformedXML` for what `schema` does not take. */
export const xmlBodyOf = async <T extends z.ZodType>(
  request: S3Request,
  body: BodyBytes,
  root: string,
  schema: T,
): Promise<z.output<T>> => {
  const bytes = body();
  mustBeAsSigned(request, bytes);
  const parsed = schema.safeParse(await readXml(bytes, root));
  if (!parsed.success) throw malformedXml();
  return parsed.data;
};

/** Throws for a body that is not the one that was signed, or not as its checksums say. */
export const mustBeAsSigned = ({ payload, headers }: S3Request, bytes: Buffer): void => {
  if (payload.kind === 'chunked') throw notImplemented('chunked bodies of XML');
  if (payload.sha256 && !payload.sha256.equals(createHash('sha256').update(bytes).digest())) throw hashMismatch();
  const checksums = new DeclaredChecksums(headers, []);
  checksums.update(bytes);
  checksums.verify();
};

export const hashMismatch = (): Error =>
  s3Error(
    'XAmzContentSHA256Mismatch',
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );
