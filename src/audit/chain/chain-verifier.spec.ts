import { generateKeyPairSync, sign } from 'node:crypto';
import { hashOf, macOf, NO_HASH, type AuditEntry, type ChainedEntry } from '../entry';
import { ChainVerifier, type ChainReport } from './chain-verifier';
import { statementOf, type SignedStatement, type Statement } from './statement';
import { NotALog, verifyFile } from './verify-file';

const CHAIN = 7;
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const macKey = Buffer.from('a key of the installation');

const entryAt = (number: number): AuditEntry => ({
  id: `id-${number}`,
  at: new Date(1_700_000_000_000 + number).toISOString(),
  actor: 'root',
  role: 'root',
  action: 'putCollection',
  class: 'admin',
  resource: { collection: `c${number}` },
  outcome: 'ok',
  status: 201,
  code: null,
  address: '127.0.0.1',
  request_id: `r-${number}`,
  count: 1,
});

const signed = (statement: Statement, key = privateKey): SignedStatement => ({
  ...statement,
  signature: sign(null, statementOf(statement), key).toString('base64'),
});

const chained = (entries: readonly AuditEntry[], from = 0, before = NO_HASH): ChainedEntry[] => {
  let hash = before;
  return entries.map((entry, index) => {
    const numbered = { ...entry, seq: from + index + 1, mac: macOf(macKey, CHAIN, entry) };
    hash = hashOf(hash, CHAIN, numbered);
    return { ...numbered, hash };
  });
};

interface Log {
  entries: ChainedEntry[];
  checkpoints: SignedStatement[];
  head: SignedStatement;
}

const endOf = ({ seq, hash }: ChainedEntry, kind: Statement['kind']): SignedStatement =>
  signed({ kind, chain: CHAIN, seq, hash, at: '2026-01-01T00:00:00.000Z' });

const at = <T>(list: readonly T[], index: number): T => list.at(index) as T;

const logOf = (count = 10): Log => {
  const entries = chained(Array.from({ length: count }, (_, index) => entryAt(index + 1)));
  return { entries, checkpoints: [endOf(at(entries, 4), 'checkpoint')], head: endOf(at(entries, -1), 'head') };
};

const verified = ({ entries, checkpoints, head }: Log, key: Buffer | undefined = macKey): ChainReport => {
  const verifier = new ChainVerifier(CHAIN, key ? { publicKey, macKey: key } : { publicKey });
  const items = [...entries.map((entry) => ({ entry })), ...checkpoints.map((checkpoint) => ({ checkpoint }))];
  const seqOf = (item: (typeof items)[number]): number =>
    'entry' in item ? item.entry.seq : item.checkpoint.seq + 0.5;
  for (const item of entries.length === 0 ? items : [...items].sort((a, b) => seqOf(a) - seqOf(b))) {
    if ('entry' in item) verifier.entry(item.entry);
    else verifier.checkpoint(item.checkpoint);
  }
  verifier.head(head);
  return verifier.report();
};

const kindsOf = (report: ChainReport): string[] => report.faults.map(({ kind, seq }) => `${kind} ${seq}`);

/** What somebody does who may write to the tables, but has no key. */
const TAMPERS: readonly (readonly [string, (log: Log) => void, readonly string[]])[] = [
  ['changes a field', ({ entries }) => (entries[3] = { ...at(entries, 3), actor: 'key:1' }), ['changed 4']],
  [
    'changes a name',
    ({ entries }) => (entries[3] = { ...at(entries, 3), resource: { collection: 'x' } }),
    ['changed 4'],
  ],
  [
    'changes the stored hash',
    ({ entries }) => (entries[9] = { ...at(entries, 9), hash: NO_HASH }),
    ['moved 10', 'signature 10'],
  ],
  ['removes one', ({ entries }) => entries.splice(3, 1), ['removed 4']],
  ['removes the one of a checkpoint', ({ entries }) => entries.splice(4, 1), ['removed 5']],
  ['removes the first', ({ entries }) => entries.splice(0, 1), ['removed 1']],
  ['cuts off the end', ({ entries }) => entries.splice(8), ['truncated 9']],
  ['empties it', ({ entries }) => entries.splice(0), ['truncated 1', 'truncated 1']],
  [
    'swaps two',
    ({ entries }) => {
      const [a, b] = [at(entries, 6), at(entries, 7)];
      entries[6] = { ...b, seq: a.seq };
      entries[7] = { ...a, seq: b.seq };
    },
    ['moved 7', 'moved 8', 'moved 9'],
  ],
  [
    'writes all anew, with one changed',
    (log) => {
      const raw = log.entries.map((entry, index) => (index === 6 ? { ...entry, actor: 'key:1' } : entry));
      let hash = NO_HASH;
      log.entries = raw.map((entry) => {
        hash = hashOf(hash, CHAIN, entry);
        return { ...entry, hash };
      });
    },
    ['forged 7', 'signature 10'],
  ],
  [
    'adds one of their own at the end',
    ({ entries }) => {
      const forged = { ...entryAt(11), seq: 11, mac: 'ab' };
      entries.push({ ...forged, hash: hashOf(at(entries, -1).hash, CHAIN, forged) });
    },
    ['forged 11', 'forged 11'],
  ],
  [
    'removes the end and its checkpoint, with a head of their own',
    (log) => {
      log.entries.splice(3);
      log.checkpoints = [];
      log.head = { ...log.head, seq: 3, hash: at(log.entries, -1).hash };
    },
    ['signature 3'],
  ],
];

describe('the verifier of a chain', () => {
  it('finds an intact one intact', () => {
    expect(verified(logOf())).toMatchObject({ valid: true, entries: 10, first_seq: 1, last_seq: 10, checkpoints: 1 });
    expect(verified(logOf(), undefined).valid).toBe(true);
  });

  it.each(TAMPERS)('names what somebody did who %s', (_what, tamper, expected) => {
    const log = logOf();
    tamper(log);
    expect(kindsOf(verified(log))).toEqual(expected);
  });

  it.each(TAMPERS)('finds a fault without the key of the installation, too, when somebody %s', (_what, tamper) => {
    const log = logOf();
    tamper(log);
    expect(verified(log, undefined).valid).toBe(false);
  });

  it('goes on from an anchor', () => {
    const { entries, head } = logOf();
    const verifier = new ChainVerifier(CHAIN, { publicKey, macKey });
    verifier.anchor(endOf(at(entries, 3), 'anchor'));
    for (const entry of entries.slice(4)) verifier.entry(entry);
    verifier.head(head);
    expect(verifier.report()).toMatchObject({ valid: true, entries: 6, first_seq: 5 });
  });

  it('takes no signature of another key, chain or kind', () => {
    const { entries } = logOf();
    const other = generateKeyPairSync('ed25519').privateKey;
    const statement = { kind: 'head', chain: CHAIN, seq: 10, hash: at(entries, -1).hash, at: 'now' } as const;
    for (const head of [
      signed(statement, other),
      signed({ ...statement, chain: 8 }),
      signed({ ...statement, kind: 'anchor' }),
    ])
      expect(kindsOf(verified({ entries, checkpoints: [], head }))).toEqual(['signature 10']);
  });

  it('lists a hundred faults and counts the rest', () => {
    const log = logOf(300);
    log.entries = log.entries.map((entry) => ({ ...entry, actor: 'key:1' }));
    const report = verified(log);
    expect(report.faults).toHaveLength(100);
    expect(report.faults_total).toBe(300);
  });
});

describe('an exported log', () => {
  const linesOf = ({ entries, checkpoints, head }: Log): string[] =>
    [
      {
        type: 'log',
        format: 1,
        chain: CHAIN,
        project: 'p',
        public_key: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
        key_id: 'k',
        anchor: null,
      },
      ...entries.slice(0, 5).map((entry) => ({ type: 'entry', ...entry })),
      ...checkpoints.map((checkpoint) => ({ type: 'checkpoint', ...checkpoint })),
      ...entries.slice(5).map((entry) => ({ type: 'entry', ...entry })),
      { type: 'head', ...head },
    ].map((line) => JSON.stringify(line));

  async function* from(lines: readonly string[]): AsyncGenerator<string> {
    yield* lines;
  }

  it('is verified without the installation', async () => {
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    expect(await verifyFile(from(linesOf(logOf())), pem)).toMatchObject({ valid: true, entries: 10, own_key: true });
    expect(await verifyFile(from(linesOf(logOf())), undefined)).toMatchObject({ valid: true, own_key: false });
  });

  it('is not believed when it was changed', async () => {
    const lines = linesOf(logOf());
    lines[3] = at(lines, 3).replace('putCollection', 'deleteCollection');
    expect(kindsOf(await verifyFile(from(lines), undefined))).toEqual(['changed 3']);
  });

  it.each([
    ['has no end', (lines: string[]) => lines.slice(0, -1), /breaks off/],
    ['is empty', () => [], /empty/],
    ['is something else', () => ['{"a":1}'], /Line 1 is no line/],
    ['is no JSON', (lines: string[]) => [at(lines, 0), 'x'], /Line 2 is not JSON/],
    ['goes on after its end', (lines: string[]) => [...lines, at(lines, 1)], /Line 14 follows/],
  ])('is refused when it %s', async (_what, change, message) => {
    const work = verifyFile(from(change(linesOf(logOf()))), undefined);
    await expect(work).rejects.toThrow(NotALog);
    await expect(work).rejects.toThrow(message);
  });
});
