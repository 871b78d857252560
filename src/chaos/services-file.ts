import { z } from 'zod';

const command = z.array(z.string().min(1)).min(1);

const common = {
  /** Starts it, and is done when it answers. Also after `kill`. */
  up: command.optional(),
  /** Ends all its processes at once, as a power cut would; the data stay. */
  kill: command.optional(),
  /** Freezes all its processes (SIGSTOP), and thaws them. */
  pause: command.optional(),
  resume: command.optional(),
  /** Ends it, empties its data, starts it. */
  wipe: command.optional(),
  /** Folder of its data, for faults that put an older copy back. */
  data: z.string().min(1).optional(),
};

const service = z.strictObject({ url: z.url(), ...common });

/** What `--services FILE` holds: where each service is, and the commands that break and mend it. */
export const servicesFileSchema = z.strictObject({
  postgres: service.optional(),
  qdrant: service.extend({ api_key: z.string().min(1).optional() }).optional(),
  object_store: service
    .extend({ bucket: z.string().min(1), access_key: z.string().min(1), secret_key: z.string().min(1) })
    .optional(),
  broker: z.strictObject({ brokers: z.string().min(1), ...common }).optional(),
});

export type ServicesFile = z.output<typeof servicesFileSchema>;
export type ChaosService = keyof ServicesFile;
export const CONTROLS = ['up', 'kill', 'pause', 'resume', 'wipe'] as const;
export type Control = (typeof CONTROLS)[number];

/** Something a cell cannot do without: a service, or a command or folder of it (`qdrant.kill`, `qdrant.data`). */
export type Need = ChaosService | `${ChaosService}.${Control | 'data'}`;

/** Throws with every fault of the file, each with its path. */
export const parseServicesFile = (text: string): ServicesFile => {
  const parsed = servicesFileSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'file'}: ${message}`).join('; '));
};

/** Those of `needs` that the file does not offer. */
export const missing = (services: ServicesFile, needs: readonly Need[]): Need[] =>
  needs.filter((need) => {
    const [name, control] = need.split('.') as [ChaosService, Control | 'data' | undefined];
    const found = services[name];
    return control === undefined ? !found : found?.[control] === undefined;
  });
