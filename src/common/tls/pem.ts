import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** Files in PEM, by absolute path. */
export interface TlsFiles {
  /** The certificate authorities that the other side is checked against. */
  readonly caFile?: string | undefined;
  /** Our own certificate, with its chain. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** What the files hold. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A file that cannot be used. The message names the file and never repeats what is in it. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
}

const PEM_CERTIFICATE = '-----BEGIN CERTIFICATE-----';

/** Reads and checks the files: they exist, are in PEM, and the key belongs to the certificate. Throws `TlsFileError`. */
export const readTlsFiles = ({ caFile, certFile, keyFile }: TlsFiles): TlsMaterial => {
  const ca = caFile === undefined ? undefined : readCertificates(caFile);
  const cert = certFile === undefined ? undefined : readCertificates(certFile);
  const key = keyFile === undefined ? undefined : readKey(keyFile);
  if (cert && key && !cert.leaf.checkPrivateKey(key.object)) {
    throw new TlsFileError(`The key in "${keyFile}" does not belong to the certificate in "${certFile}".`);
  }
  const material = {
    ...(ca && { ca: ca.text }),
    ...(cert && { cert: cert.text }),
    ...(key && { key: key.text }),
  };
  mustMakeContext(material, certFile ?? caFile ?? '');
  return material;
};

/** The first certificate of a PEM text: the one that the key belongs to. */
export const leafOf = (pem: string): X509Certificate => new X509Certificate(pem);

/** The texts of the certificates alone: OpenSSL stops in silence where two files were joined without a line break. */
const readCertificates = (file: string): { readonly text: string; readonly leaf: X509Certificate } => {
  const parts = readText(file).split(PEM_CERTIFICATE).slice(1);
  const certificates = parts.map((part) => parseCertificate(`${PEM_CERTIFICATE}${part}`, file));
  const [leaf] = certificates;
  if (!leaf) throw new TlsFileError(`The file "${file}" has no certificate in PEM.`);
  return { text: certificates.map(String).join(''), leaf };
};

const parseCertificate = (pem: string, file: string): X509Certificate => {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new TlsFileError(`The file "${file}" has a certificate that cannot be read.`, { cause });
  }
};

const readKey = (file: string): { readonly text: string; readonly object: KeyObject } => {
  const text = readText(file);
  try {
    return { text, object: createPrivateKey(text) };
  } catch (cause) {
    const isLocked = text.includes('ENCRYPTED');
    const why = isLocked ? 'has an encrypted key; store it without a passphrase' : 'has no private key in PEM';
    throw new TlsFileError(`The file "${file}" ${why}.`, { cause });
  }
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new TlsFileError(`The file "${file}" cannot be read (${code}).`, { cause });
  }
};

/** What OpenSSL refuses beside all that, such as a key that is too short. */
const mustMakeContext = (material: TlsMaterial, file: string): void => {
  try {
    createSecureContext(material);
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new TlsFileError(`OpenSSL does not accept the file "${file}" (${code}).`, { cause });
  }
};
