import { z } from 'zod';
import { timestamp } from '../../api/schemas';
import type { DeletedProject, Remains } from './project-removal';

const stepSchema = z.object({
  state: z.enum(['erased', 'pending']),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** What was removed, and what is left where. `deleted` is always true: nobody reaches anything of it. */
export const receiptSchema = z.object({
  deleted: z.boolean(),
  name: z.string(),
  uid: z
    .string()
    .meta({ description: 'Of `GET /v1/projects/deleted/{uid}`, which shows what is still to be removed.' }),
  complete: z.boolean(),
  deleted_at: timestamp,
  completed_at: timestamp.nullable(),
  services: z.record(z.string(), stepSchema).meta({ description: '`postgres`, `files`, `followers`, `broker`.' }),
  pending: z
    .array(z.string())
    .meta({ description: 'Services that still hold something; it is removed when they are there.' }),
});
z.globalRegistry.add(receiptSchema, { id: 'ProjectRemoval' });

export type RemovalReceipt = z.output<typeof receiptSchema>;
type Step = z.output<typeof stepSchema>;

/** The form of the receipts of erased persons. */
export const receiptOf = (project: DeletedProject, remains: Remains, completedAt: Date | null): RemovalReceipt => {
  const services = servicesOf(project, remains);
  const pending = Object.entries(services).flatMap(([name, { state }]) => (state === 'pending' ? [name] : []));
  return {
    deleted: true,
    name: project.name,
    uid: project.uid,
    complete: pending.length === 0,
    deleted_at: project.deletedAt.toISOString(),
    completed_at: completedAt?.toISOString() ?? null,
    services,
    pending,
  };
};

const servicesOf = ({ removed }: DeletedProject, remains: Remains): Record<string, Step> => ({
  postgres: stepOf(remains.events, 'waits_for_events', removed),
  files: stepOf(remains.objects, 'waits_for_objects'),
  followers: stepOf(remains.copies, 'waits_for_copies'),
  broker: stepOf(remains.broker, 'waits_for_names', remains.brokerError ? { last_error: remains.brokerError } : {}),
});

const stepOf = (left: number, name: string, more: Step['detail'] = {}): Step => ({
  state: left === 0 ? 'erased' : 'pending',
  detail: left === 0 ? more : { ...more, [name]: left },
});

export const isComplete = ({ events, objects, copies, broker }: Remains): boolean =>
  events + objects + copies + broker === 0;
