import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const { subtle } = webcrypto;
x509.cryptoProvider.set(webcrypto as never);

type Keys = webcrypto.CryptoKeyPair;

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** DNS names and addresses. */
  readonly hosts?: readonly string[];
  /** From now; negative for one that has expired. */
  readonly days?: number;
}

/** A certificate authority of one test. */
export class TestAuthority {
  private constructor(
    private readonly keys: Keys,
    private readonly certificate: x509.X509Certificate,
  ) {}

  static async create(name = 'Authority of the tests'): Promise<TestAuthority> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: randomBytes(8).toString('hex'),
      name: `CN=${name}`,
      notBefore: new Date(Date.now() - 400 * DAY_MS),
      notAfter: new Date(Date.now() + 400 * DAY_MS),
      signingAlgorithm: ALGORITHM,
      keys: keys as never,
      extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
    });
    return new TestAuthority(keys, certificate);
  }

  /** Its own certificate, in PEM. */
  get pem(): string {
    return this.certificate.toString('pem');
  }

  async issue({ hosts = ['localhost', '127.0.0.1'], days = 90 }: IssueOptions = {}): Promise<Issued> {
    const keys = await newKeys();
    const names = hosts.map((value) => ({ type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const), value }));
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomBytes(8).toString('hex'),
      subject: `CN=${hosts[0] ?? 'nobody'}`,
      issuer: this.certificate.subject,
      notBefore: new Date(Date.now() - 200 * DAY_MS),
      notAfter: new Date(Date.now() + days * DAY_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey as never,
      signingKey: this.keys.privateKey as never,
      extensions: [new x509.SubjectAlternativeNameExtension(names)],
    });
    const key = await subtle.exportKey('pkcs8', keys.privateKey);
    return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
  }
}

const newKeys = async (): Promise<Keys> =>
  await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);

/** Writes texts into files of a folder of their own. Returns the path of each. */
export const inFiles = <N extends string>(texts: Readonly<Record<N, string>>): Readonly<Record<N, string>> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-tls-'));
  const write = ([name, text]: [string, unknown]): [string, string] => {
    const file = path.join(folder, `${name}.pem`);
    writeFileSync(file, String(text));
    return [name, file];
  };
  return Object.fromEntries(Object.entries(texts).map(write)) as Record<N, string>;
};
