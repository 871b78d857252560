import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { UploadPart } from '../../files/uploads/uploads.repository';
import { s3Error } from './errors';
import { MAX_PARTS } from './part-number';

/** S3's least size of a part that another one follows. */
const LEAST_BYTES = 5 * 1024 * 1024;

const namedPart = z.object({
  PartNumber: z
    .string()
    .regex(/^\s{0,32}\d{1,5}\s{0,32}$/)
    .transform(Number)
    .refine((number) => number >= 1 && number <= MAX_PARTS),
  ETag: z.string().transform((tag) => tag.replaceAll('"', '').trim()),
});

/** The body that completes an upload. */
export const completion = z.object({ Part: z.array(namedPart).min(1).max(MAX_PARTS) });
export type NamedPart = z.output<typeof namedPart>;

/** Of a part that another door stored: a part of its SHA-256, of the same length. */
const md5Of = ({ md5, sha256 }: UploadPart): Buffer => md5 ?? sha256.subarray(0, 16);

export const partTag = (part: UploadPart): string => md5Of(part).toString('hex');

/** The tag of a file of these parts: the MD5 of theirs, and their number. */
export const tagOfParts = (parts: readonly UploadPart[]): string => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(md5Of(part));
  return `${hash.digest('hex')}-${parts.length}`;
};

/** The parts that a client names. Throws `InvalidPartOrder`, `InvalidPart` and `EntityTooSmall`. */
export const chosenParts = (parts: readonly UploadPart[], named: readonly NamedPart[]): UploadPart[] => {
  const byNumber = new Map(parts.map((part) => [part.number, part]));
  const chosen: UploadPart[] = [];
  let before = 0;
  for (const { PartNumber: number, ETag: tag } of named) {
    if (number <= before)
      throw s3Error(
        'InvalidPartOrder',
        400,
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
      );
    before = number;
    const part = byNumber.get(number);
    if (!part || partTag(part) !== tag)
      throw s3Error(
        'InvalidPart',
        400,
        'One or more of the specified parts could not be found, or has another entity tag.',
      );
    chosen.push(part);
  }
  if (chosen.slice(0, -1).some(({ size }) => size < LEAST_BYTES))
    throw s3Error('EntityTooSmall', 400, 'Your proposed upload is smaller than the minimum allowed size');
  return chosen;
};
