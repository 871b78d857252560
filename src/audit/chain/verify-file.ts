import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { entrySchema, statementSchema } from '../dto/audit.schemas';
import { ChainVerifier, type ChainReport } from './chain-verifier';
import { keyIdOf, publicKeyOf } from './statement';

const logLine = z.object({
  type: z.literal('log'),
  format: z.literal(1),
  chain: z.int(),
  project: z.string(),
  public_key: z.string(),
  key_id: z.string(),
  anchor: statementSchema.nullable(),
});

const typed = statementSchema.extend({ type: z.enum(['checkpoint', 'head']) });
const entryLine = entrySchema.extend({ type: z.literal('entry') });
const laterLine = z.discriminatedUnion('type', [entryLine, typed]);

export interface FileReport extends ChainReport {
  readonly chain: number;
  readonly project: string;
  /** Of the key that it was verified with. */
  readonly key_id: string;
  /** Whether the key came from elsewhere. The key in the file only proves that the file agrees with itself. */
  readonly own_key: boolean;
}

/** What is no export of an audit log, or not all of it. */
export class NotALog extends Error {}

/**
 * Verifies an export, line by line. `publicKey` is the key that was kept elsewhere. Throws `NotALog`; faults of the log are in the
 * report.
 */
export async function verifyFile(lines: AsyncIterable<string>, publicKey: string | undefined): Promise<FileReport> {
  let reader: Reader | undefined;
  let number = 0;
  for await (const text of lines) {
    number += 1;
    if (text.trim() === '') continue;
    if (reader) reader.read(text, number);
    else reader = new Reader(parsed(logLine, text, number), publicKey);
  }
  if (!reader) throw new NotALog('The file is empty.');
  return reader.report();
}

class Reader {
  private readonly verifier: ChainVerifier;
  private readonly key: KeyObject;
  private isWhole = false;
  private count = 0;

  constructor(
    private readonly about: z.output<typeof logLine>,
    private readonly given: string | undefined,
  ) {
    this.key = publicKeyOf(given ?? about.public_key);
    this.verifier = new ChainVerifier(about.chain, { publicKey: this.key });
    if (about.anchor) this.verifier.anchor(about.anchor);
  }

  read(text: string, number: number): void {
    if (this.isWhole) throw new NotALog(`Line ${number} follows the end of the log.`);
    this.count += 1;
    const line = parsed(laterLine, text, number);
    if (line.type === 'entry') return this.verifier.entry(line);
    const { type, ...statement } = line;
    if (type === 'checkpoint') return this.verifier.checkpoint(statement);
    this.verifier.head(statement);
    this.isWhole = true;
  }

  report(): FileReport {
    if (!this.isWhole && (this.count > 0 || this.about.anchor)) {
      throw new NotALog('The file breaks off: its last line is not the signed end of the log. Export it again.');
    }
    const { chain, project } = this.about;
    const report = this.verifier.report();
    return { ...report, chain, project, key_id: keyIdOf(this.key), own_key: this.given !== undefined };
  }
}

const parsed = <T extends z.ZodType>(schema: T, text: string, number: number): z.output<T> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NotALog(`Line ${number} is not JSON.`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new NotALog(`Line ${number} is no line of an exported audit log: ${issue?.path.join('.')} ${issue?.message}.`);
};
