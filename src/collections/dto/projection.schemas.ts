import { z } from 'zod';
import { timestamp } from '../../api/schemas';

const coordinate = z.number().min(-1).max(1);

export const projectionAnswer = z.object({
  records: z
    .int()
    .meta({ description: 'Records of the collection when it was computed; `points` is a sample of them.' }),
  explained: z.array(z.number()).meta({ description: 'The share of all variance that x and y show, 0 to 1.' }),
  made_at: timestamp,
  points: z.array(
    z.object({
      id: z.string(),
      x: coordinate,
      y: coordinate,
      value: z
        .union([z.string(), z.number(), z.boolean()])
        .nullable()
        .optional()
        .meta({ description: 'Value of the requested field; `null`: the record has none, or no longer exists.' }),
    }),
  ),
});
z.globalRegistry.add(projectionAnswer, { id: 'Projection' });
