import { z } from 'zod';
import { invalid, invalidAt } from '../../common/errors';
import { pathFault } from './mapping';

/** A path into an event, such as `data.title`. */
export const pathSchema = z
  .string()
  .min(1)
  .max(512)
  .superRefine((text, context) => {
    const message = pathFault(text);
    if (message) context.addIssue({ code: 'custom', message });
  });

/** Parses the result of a mapping, or a sink's settings. Throws `invalid` with paths below `base`. */
export function mustParse<T extends z.ZodType>(schema: T, value: unknown, base: string, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => ({
    path: `${base}/${path.map(String).join('/')}`,
    message,
  }));
  throw invalid(`${what}: ${faults[0]?.path ?? ''} ${faults[0]?.message ?? ''}`, faults);
}

/** Throws `invalid` at `path` when the settings name something that does not exist; rethrows other failures. */
export const mustBeThere = async (named: Promise<unknown>, path: string, message: string): Promise<void> => {
  await named.catch((error: unknown) => {
    throw (error as { status?: number }).status === 404 ? invalidAt(path, message) : error;
  });
};
