import { Command, Option } from 'commander';
import type { Key } from '../../client';
import { integerBetween, note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { renderTable, type Column } from '../output/table';
import { LARGE_PAGES, readAll } from '../read-all';

const DAY_SECONDS = 24 * 60 * 60;
const MAX_OVERLAP_SECONDS = 90 * DAY_SECONDS;
const WEEK_SECONDS = 7 * DAY_SECONDS;

export function keysCommand(runtime: Runtime): Command {
  return new Command('keys')
    .description('API keys of a project (admin key or root key)')
    .addCommand(list(runtime))
    .addCommand(create(runtime))
    .addCommand(s3(runtime))
    .addCommand(rotate(runtime))
    .addCommand(rotatePresign(runtime))
    .addCommand(revoke(runtime));
}

const COLUMNS: readonly Column<Key>[] = [
  { title: 'id', value: (key) => key.id },
  { title: 'name', value: (key) => key.name },
  { title: 'role', value: (key) => key.role },
  { title: 'project', value: (key) => key.project },
  { title: 'created', value: (key) => key.created_at },
  { title: 'expires', value: (key) => key.expires_at ?? 'never' },
  { title: 'last used', value: (key) => key.last_used_at },
  { title: 'old secret until', value: (key) => key.previous_expires_at },
  { title: 'revoked', value: (key) => key.revoked_at },
];

const list = (runtime: Runtime): Command =>
  serverCommand('list')
    .description('list the keys (never the secrets: those are shown once)')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const keys = await readAll(client().list('/v1/keys', { query: LARGE_PAGES }));
        if (json) return writeJson(io, { data: keys });
        io.out.write(renderTable(COLUMNS, keys, io.palette));
      }),
    );

interface CreateOptions extends CommonOptions {
  readonly role: Key['role'];
  readonly expiresAt?: string;
}

const create = (runtime: Runtime): Command =>
  serverCommand('create')
    .description('create a key and print it once')
    .argument('<name>')
    .addOption(
      new Option('--role <role>', 'what it may do').choices(['audit', 'read', 'write', 'admin']).default('read'),
    )
    .option('--expires-at <time>', 'RFC 3339, for example 2030-01-01T00:00:00Z')
    .action((name: string, options: CreateOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const body = {
          name,
          role: options.role,
          ...(options.project === undefined ? {} : { project: options.project }),
          ...(options.expiresAt === undefined ? {} : { expires_at: options.expiresAt }),
        };
        const key = await client().post('/v1/keys', { body });
        if (json) return writeJson(io, key);
        // The key alone on standard output, so that `ZERODB_API_KEY=$(zerodb keys create …)` works.
        note(io, `Created ${options.role} key "${name}" (${key.id}). It is shown only once:`);
        io.out.write(`${key.key ?? ''}\n`);
      }),
    );

const s3 = (runtime: Runtime): Command =>
  serverCommand('s3')
    .description('show the access key of an API key for clients of S3')
    .argument('<id>')
    .action((id: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const shown = await client().post('/v1/keys/{id}/s3', { path: { id } });
        if (json) return writeJson(io, shown);
        note(
          io,
          `The S3 API is at ${shown.path}, in any region. The secret is derived from key ${id}, and ends with it:`,
        );
        io.out.write(`AWS_ACCESS_KEY_ID=${shown.access_key_id}\nAWS_SECRET_ACCESS_KEY=${shown.secret_access_key}\n`);
      }),
    );

interface RotateOptions extends CommonOptions {
  readonly overlapSeconds?: number;
  readonly expiresAt?: string;
}

const rotate = (runtime: Runtime): Command =>
  serverCommand('rotate')
    .description("replace a key's secret and print the new one once; the old one is taken, too, for the overlap")
    .argument('<id>')
    .addOption(
      new Option('--overlap-seconds <n>', 'a day by default; 0 ends the old secret at once').argParser(
        integerBetween(0, MAX_OVERLAP_SECONDS),
      ),
    )
    .option('--expires-at <time>', 'RFC 3339: when the new secret expires; default: as before')
    .action((id: string, options: RotateOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const body = {
          ...(options.overlapSeconds === undefined ? {} : { overlap_seconds: options.overlapSeconds }),
          ...(options.expiresAt === undefined ? {} : { expires_at: options.expiresAt }),
        };
        const key = await client().post('/v1/keys/{id}/rotate', { path: { id }, body });
        if (json) return writeJson(io, key);
        note(io, `Rotated key ${id}; the old secret is taken until ${key.previous_expires_at ?? 'now'}.`);
        io.out.write(`${key.key ?? ''}\n`);
      }),
    );

const rotatePresign = (runtime: Runtime): Command =>
  serverCommand('rotate-presign')
    .description(
      'replace the secret that signed URLs are signed with (root key); what was signed lives on for the overlap',
    )
    .addOption(
      new Option('--overlap-seconds <n>', 'a week by default; 0 ends all signed URLs at once').argParser(
        integerBetween(0, WEEK_SECONDS),
      ),
    )
    .action((options: RotateOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const body = options.overlapSeconds === undefined ? {} : { overlap_seconds: options.overlapSeconds };
        const answer = await client().post('/v1/presign-key/rotate', { body });
        if (json) return writeJson(io, answer);
        note(io, `Rotated. What was signed before is taken until ${answer.previous_expires_at}.`);
      }),
    );

const revoke = (runtime: Runtime): Command =>
  serverCommand('revoke')
    .description('revoke a key by its id; it stops working at once')
    .argument('<id>')
    .action((id: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        await client().delete('/v1/keys/{id}', { path: { id } });
        if (json) return writeJson(io, { revoked: id });
        note(io, `Revoked key ${id}.`);
      }),
    );
