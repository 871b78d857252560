import { z } from 'zod';
import { invalid } from '../../common/errors';
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

/** Reads what a mapping made, or a sink's settings. Throws `invalid` with paths below `base`. */
export function mustParse<T extends z.ZodType>(schema: T, value: unknown, base: string, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => ({
    path: `${base}/${path.map(String).join('/')}`,
    message,
  }));
  throw invalid(`${what}: ${faults[0]?.path ?? ''} ${faults[0]?.message ?? ''}`, faults);
}
