import { z } from 'zod';
import { pageQuery, timestamp } from '../../api/schemas';
import { FAULT_KINDS } from '../chain/chain-verifier';
import { ENTRY_CLASSES, OUTCOMES } from '../entry';
import { FRAMEWORKS } from '../report/statements';

/** Whose log. */
export const logQuery = z.strictObject({
  log: z.string().max(64).optional().meta({
    description:
      "`project` (default): the project's. With the root key: `installation`, or the `uid` of a deleted project.",
  }),
});

const instant = z.iso.datetime({ offset: true }).optional();
const word = z.string().min(1).max(255).optional();
/** A subject of 255 characters, escaped, and its issuer. */
const MAX_ACTOR = 2_048;

export const searchQuery = logQuery.extend({
  ...pageQuery.shape,
  actor: z
    .string()
    .min(1)
    .max(MAX_ACTOR)
    .optional()
    .meta({ description: '`root`, `key:ID`, `token:ISSUER#SUBJECT`, `url:ID`, `guest`, `operator`, `zerodb`.' }),
  action: word.meta({ description: 'The id of an operation, such as `createKey`.' }),
  class: z.enum(ENTRY_CLASSES).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  resource: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .meta({ description: 'A name or an id. An id that is kept as a keyed hash is found by itself.' }),
  since: instant,
  until: instant,
});

export const entrySchema = z.object({
  seq: z.int().meta({ description: 'Its number in the chain, from 1.' }),
  id: z.string(),
  at: timestamp,
  actor: z.string(),
  role: z.string().nullable(),
  action: z.string(),
  class: z.enum(ENTRY_CLASSES),
  resource: z.record(z.string(), z.string()).meta({
    description: 'Kinds and names. Ids that users choose for data are keyed hashes, which begin with `#`.',
  }),
  outcome: z.enum(OUTCOMES),
  status: z.int().nullable(),
  code: z.string().nullable(),
  address: z.string().nullable(),
  request_id: z.string().nullable(),
  count: z.int().meta({ description: 'How many alike it stands for.' }),
  mac: z.string(),
  hash: z.string(),
});
z.globalRegistry.add(entrySchema, { id: 'AuditEntry' });

const hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');

export const statementSchema = z.strictObject({
  kind: z.enum(['head', 'checkpoint', 'anchor']),
  chain: z.int(),
  seq: z.int().min(0),
  hash: hex,
  at: z.string().max(64),
  signature: z.string().max(128),
});
z.globalRegistry.add(statementSchema, { id: 'AuditStatement' });

const keyShape = {
  public_key: z.string().meta({ description: 'Ed25519, SPKI, base64.' }),
  key_id: z.string().meta({ description: 'The beginning of its SHA-256, to compare by eye.' }),
};
export const keySchema = z.object(keyShape);

export const verifyBody = z
  .strictObject({
    checkpoints: z
      .array(statementSchema)
      .max(1000)
      .optional()
      .meta({ description: 'Checkpoints or heads that were kept elsewhere: the log must still hold what they say.' }),
  })
  .optional();

export const verifyAnswer = z.object({
  valid: z.boolean(),
  chain: z.int(),
  entries: z.int(),
  first_seq: z.int().nullable(),
  last_seq: z.int().nullable(),
  checkpoints: z.int(),
  unchained: z.int().meta({ description: 'Entries of the last moment, which are not numbered yet.' }),
  faults: z.array(
    z.object({ kind: z.enum(FAULT_KINDS), seq: z.int(), id: z.string().nullable(), message: z.string() }),
  ),
  faults_total: z.int(),
  anchor: statementSchema.nullable().meta({ description: 'Where it begins, since older entries were removed.' }),
  head: statementSchema
    .nullable()
    .meta({ description: 'Its signed end: keep it elsewhere, and send it with the next one.' }),
  ...keyShape,
});
z.globalRegistry.add(verifyAnswer, { id: 'AuditVerification' });

export const reportQuery = logQuery.extend({ framework: z.enum(FRAMEWORKS), since: instant });

export const reportAnswer = z.object({
  framework: z.enum(FRAMEWORKS),
  project: z.string(),
  from: timestamp,
  to: timestamp,
  statements: z.array(
    z.object({ reference: z.string(), statement: z.string(), proven: z.boolean(), evidence: z.string() }),
  ),
  cannot_prove: z.array(z.string()),
});
z.globalRegistry.add(reportAnswer, { id: 'AuditReport' });
