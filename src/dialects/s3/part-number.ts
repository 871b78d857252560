import { z } from 'zod';
import { invalidArgument } from './errors';

export const MAX_PARTS = 10_000;

export const uploadQuery = z.object({ uploadId: z.string().max(1_024), partNumber: z.string().optional() }).strict();

/** Throws `InvalidArgument` for a number that no part has. */
export const partNumberIn = ({ partNumber: text = '' }: z.output<typeof uploadQuery>): number => {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument('Part number must be an integer between 1 and 10000, inclusive');
};
