import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The resources that the provider hands out tokens for: `short` ones last 3 s, `browser` ones 8 s, `other` ones are for another server. */
export type Resource = 'zerodb' | 'short' | 'browser' | 'other';

/** `oidc-provider`, which is certified by the OpenID Foundation, on this machine; in a process of its own, as jest loads no ESM. */
export interface TestProvider {
  readonly issuer: string;
  /** An access token by the grant of client credentials. `client`: also the project that it is for. */
  token(client: string, scope: string, resource?: Resource): Promise<string>;
  /** From now on it signs with a new key, and publishes that alone. */
  rotate(): Promise<void>;
  /** A token of the provider's own key with these claims over the usual ones, and this header. */
  forge(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
  stop(): Promise<void>;
}

interface SigningKey {
  readonly privateKey: KeyObject;
  readonly kid: string;
}

export const CLIENTS = ['default', 'tenant', 'nowhere'] as const;
const SECRET = 'secret-of-the-tests';

/** `redirectUri`: of the public client `dashboard`, whose users type any name and password. */
export const startOidcProvider = async (redirectUri = 'http://127.0.0.1/none'): Promise<TestProvider> => {
  const child = fork(__filename, ['serve', redirectUri], { execArgv: ['--no-warnings'], silent: true });
  let key = newSigningKey();
  const issuer = await told(child, key);
  const { forge } = forger(issuer, () => key);
  return {
    issuer,
    forge,
    token: async (client, scope, resource = 'zerodb') => {
      const grant = { grant_type: 'client_credentials', client_id: client, client_secret: SECRET };
      const body = new URLSearchParams({ ...grant, scope, resource: `https://${resource}.test` });
      const answer = await fetch(`${issuer}/token`, { method: 'POST', body });
      const json = (await answer.json()) as { access_token?: string };
      if (json.access_token === undefined) throw new Error(JSON.stringify(json));
      return json.access_token;
    },
    rotate: async () => {
      key = newSigningKey();
      await told(child, key);
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
};

/** Tokens that a provider would not make. */
export const forger = (issuer: string, keyOf: () => SigningKey): Pick<TestProvider, 'forge'> => ({
  forge: (claims, header = {}) => {
    const { privateKey, kid } = keyOf();
    const now = Math.floor(Date.now() / 1_000);
    const usual = {
      iss: issuer,
      aud: 'zerodb',
      sub: 'forged',
      iat: now,
      exp: now + 60,
      scope: 'admin',
      zerodb_project: 'default',
    };
    const head = { alg: 'ES256', typ: 'at+jwt', kid, ...header };
    const signed = [head, { ...usual, ...claims }].map((part) => encode(JSON.stringify(part))).join('.');
    return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  },
});

const encode = (text: string): string => Buffer.from(text).toString('base64url');

export const newSigningKey = (): SigningKey => ({
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  kid: randomBytes(6).toString('hex'),
});

const told = async (child: ChildProcess, { privateKey, kid }: SigningKey): Promise<string> => {
  child.send({ ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' });
  const [issuer] = (await once(child, 'message')) as [string];
  return issuer;
};

type Provider = new (issuer: string, configuration: object) => { callback(): RequestListener };

/** Seconds. */
const lifeOf = (resource: string): number => (resource.includes('short') ? 3 : resource.includes('browser') ? 8 : 300);

const publicClient = (redirectUri: string): object => ({
  client_id: 'dashboard',
  grant_types: ['authorization_code'],
  response_types: ['code'],
  redirect_uris: [redirectUri],
  id_token_signed_response_alg: 'ES256',
  token_endpoint_auth_method: 'none',
});

const configurationWith = (key: unknown, redirectUri: string): object => ({
  jwks: { keys: [key] },
  clients: [
    publicClient(redirectUri),
    ...CLIENTS.map((client) => ({
      client_id: client,
      client_secret: SECRET,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      id_token_signed_response_alg: 'ES256',
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    })),
  ],
  clientBasedCORS: () => true,
  scopes: ['read', 'write', 'admin'],
  extraTokenClaims: (_context: unknown, { clientId }: { clientId: string }) => ({
    zerodb_project: clientId === 'dashboard' ? 'default' : clientId,
  }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context: unknown, resource: string) => ({
        scope: 'read write admin',
        audience: resource.includes('other') ? 'other' : 'zerodb',
        accessTokenTTL: lifeOf(resource),
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

const serve = async (): Promise<void> => {
  // By a variable: it has no types.
  const name: string = 'oidc-provider';
  const { Provider } = (await import(name)) as { Provider: Provider };
  let answer: RequestListener = (_request, response) => void response.end();
  const server: Server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.on('message', (key) => {
    answer = new Provider(issuer, configurationWith(key, process.argv[3] ?? '')).callback();
    process.send?.(issuer);
  });
};

if (process.argv[2] === 'serve' && require.main === module) void serve();
