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
  /** Lets none of its files grow, as a full disk does. Over when it has been killed and started. */
  fill: command.optional(),
  /** Folder of its data, for faults that put an older copy back. */
  data: z.string().min(1).optional(),
};

/** `127.0.0.1:9095` */
const address = z.string().regex(/^[\w.-]+:\d{1,5}$/, 'must be host:port');

const service = z.strictObject({ url: z.url(), ...common });

/** What `--services FILE` holds: where each service is, and the commands that break and repair it. */
export const servicesFileSchema = z.strictObject({
  postgres: service
    .extend({
      /** A tablespace on a separate file system of a few hundred MiB without other use: it will be filled. */
      small_tablespace: z
        .string()
        .regex(/^[a-z][a-z0-9_]{0,62}$/)
        .optional(),
      /** A second server. `up` recreates it as a copy of the first one that follows it; `kill` ends it. */
      standby: z.strictObject({ url: z.url(), up: command, kill: command }).optional(),
    })
    .optional(),
  qdrant: service.extend({ api_key: z.string().min(1).optional() }).optional(),
  object_store: service
    .extend({ bucket: z.string().min(1), access_key: z.string().min(1), secret_key: z.string().min(1) })
    .optional(),
  broker: z
    .strictObject({
      brokers: z.string().min(1),
      /**
       * A separate listener for clients behind a proxy: the broker advertises `listen`, the proxy's address, and the
       * proxy forwards to `upstream`.
       */
      proxied: z.strictObject({ listen: address, upstream: address }).optional(),
      ...common,
    })
    .optional(),
});

export type ServicesFile = z.output<typeof servicesFileSchema>;
export type ChaosService = keyof ServicesFile;
export const CONTROLS = ['up', 'kill', 'pause', 'resume', 'wipe', 'fill'] as const;
export type Control = (typeof CONTROLS)[number];

/** Something a cell cannot do without: a service, or a command or folder of it (`qdrant.kill`, `qdrant.data`). */
export type Need =
  | ChaosService
  | `${ChaosService}.${Control | 'data'}`
  | 'broker.proxied'
  | 'postgres.small_tablespace'
  | 'postgres.standby';

/** Throws with every fault of the file, each with its path. */
export const parseServicesFile = (text: string): ServicesFile => {
  const parsed = servicesFileSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'file'}: ${message}`).join('; '));
};

/** Those of `needs` that the file does not offer. */
export const missing = (services: ServicesFile, needs: readonly Need[]): Need[] =>
  needs.filter((need) => {
    const [name, part] = need.split('.') as [ChaosService, string | undefined];
    const found: Readonly<Record<string, unknown>> | undefined = services[name];
    return part === undefined ? !found : found?.[part] === undefined;
  });
