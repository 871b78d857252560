import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inFiles, TestAuthority } from '../../test/support/certificates';
import { ConfigurationError } from './configuration-error';
import { loadConfiguration } from './load-configuration';

let files: Record<'ca' | 'cert' | 'key' | 'otherKey' | 'expired' | 'expiredKey' | 'text' | 'locked', string>;

beforeAll(async () => {
  const authority = await TestAuthority.create();
  const [one, other, old] = [await authority.issue(), await authority.issue(), await authority.issue({ days: -1 })];
  files = inFiles({
    ca: authority.pem,
    cert: one.cert,
    key: one.key,
    otherKey: other.key,
    expired: old.cert,
    expiredKey: old.key,
    text: 'no certificate',
    locked: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n-----END ENCRYPTED PRIVATE KEY-----\n',
  });
});

const faultsOf = (environment: Record<string, string>, cwd = '/nowhere'): string => {
  try {
    loadConfiguration(environment, cwd);
    return '';
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.join('\n');
    throw error;
  }
};

describe('files for TLS', () => {
  const server = (cert: string, key: string, more: Record<string, string> = {}): string =>
    faultsOf({ ZERODB_TLS_CERT_FILE: cert, ZERODB_TLS_KEY_FILE: key, ...more });

  it('may be a fitting pair, and expired: the server starts, warns, and takes the next one over', () => {
    expect(server(files.cert, files.key)).toBe('');
    expect(server(files.expired, files.expiredKey)).toBe('');
  });

  it('are refused with their name and the reason', () => {
    expect(server('/nowhere/c.pem', files.key)).toBe(
      'ZERODB_TLS_CERT_FILE, ZERODB_TLS_KEY_FILE: The file "/nowhere/c.pem" cannot be read (ENOENT).',
    );
    expect(server(files.cert, files.otherKey)).toContain('does not belong to the certificate');
    expect(server(files.text, files.key)).toContain('has no certificate in PEM');
    expect(server(files.cert, files.text)).toContain('has no private key in PEM');
    expect(server(files.cert, files.locked)).toContain('without a passphrase');
    expect(server(files.cert, files.key, { ZERODB_TLS_CLIENT_CA_FILE: files.text })).toContain('no certificate in PEM');
  });

  it('come in pairs', () => {
    expect(faultsOf({ ZERODB_TLS_CERT_FILE: files.cert })).toBe(
      'ZERODB_TLS_KEY_FILE: needed when ZERODB_TLS_CERT_FILE is set.',
    );
    expect(faultsOf({ ZERODB_TLS_KEY_FILE: files.key })).toContain('ZERODB_TLS_CERT_FILE: needed');
    expect(faultsOf({ ZERODB_TLS_CLIENT_CA_FILE: files.ca })).toContain('ZERODB_TLS_CLIENT_CA_FILE: needs');
    expect(faultsOf({ ZERODB_QDRANT_URL: 'https://q', ZERODB_QDRANT_CERT_FILE: files.cert })).toContain(
      'ZERODB_QDRANT_KEY_FILE: needed',
    );
  });

  it('are refused where nothing is encrypted', () => {
    expect(faultsOf({ ZERODB_QDRANT_URL: 'http://q', ZERODB_QDRANT_CA_FILE: files.ca })).toContain('https://');
    expect(faultsOf({ ZERODB_QDRANT_URL: 'https://a,http://b', ZERODB_QDRANT_CA_FILE: files.ca })).toContain(
      'https://',
    );
    for (const name of ['ZERODB_FILES_MIRROR', 'ZERODB_BACKUP_S3']) {
      const endpoint = (url: string) => ({ [`${name}_ENDPOINT`]: url, [`${name}_CA_FILE`]: files.ca });
      const fault = `${name}_CA_FILE: of use only when ${name}_ENDPOINT starts with https://.`;
      expect(faultsOf(endpoint('http://s3:9000'))).toContain(fault);
      expect(faultsOf({ [`${name}_CA_FILE`]: files.ca })).toContain(fault);
      expect(faultsOf(endpoint('https://s3:9000'))).not.toContain('of use only');
    }
    expect(faultsOf({ ZERODB_KAFKA_BROKERS: 'a:1', ZERODB_KAFKA_CA_FILE: files.ca })).toContain('ZERODB_KAFKA_TLS');
    for (const mode of ['disable', 'no-verify']) {
      const url = `postgres://u@h/d?sslmode=${mode}`;
      expect(faultsOf({ ZERODB_POSTGRES_URL: url, ZERODB_POSTGRES_CA_FILE: files.ca })).toContain('sslmode');
    }
    const url = 'postgres://u@h/d?sslmode=require';
    expect(faultsOf({ ZERODB_POSTGRES_URL: url, ZERODB_POSTGRES_CA_FILE: files.ca })).toBe('');
  });

  it('are meant from the working folder', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-tls-'));
    writeFileSync(path.join(folder, 'bad.pem'), 'x');
    const fault = faultsOf({ ZERODB_QDRANT_URL: 'https://q', ZERODB_QDRANT_CA_FILE: 'bad.pem' }, folder);
    expect(fault).toContain(path.join(folder, 'bad.pem'));
  });
});
