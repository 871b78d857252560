import {
  authorizationUrl,
  codeIn,
  grantIn,
  tokenRequest,
  type Provider,
  type Transaction,
} from '../../dashboard/src/session/provider';

const NOW = 1_790_000_000_000;

const provider: Provider = {
  label: 'id.example',
  issuer: 'https://id.example',
  client_id: 'dashboard',
  scope: 'openid admin',
  resource: 'https://db.example',
  authorization_endpoint: 'https://id.example/auth?tenant=1',
  token_endpoint: 'https://id.example/token',
};

const transaction: Transaction = { provider, state: 'st', nonce: 'no', verifier: 've', startedAt: NOW - 5_000 };

const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

describe('a sign-in at a provider', () => {
  it('goes there with a challenge, a state and a nonce', () => {
    const url = authorizationUrl({ provider, redirectUri: 'https://db/cb', state: 's', nonce: 'n', challenge: 'c' });
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      tenant: '1',
      response_type: 'code',
      client_id: 'dashboard',
      redirect_uri: 'https://db/cb',
      scope: 'openid admin',
      state: 's',
      nonce: 'n',
      code_challenge: 'c',
      code_challenge_method: 'S256',
      resource: 'https://db.example',
      audience: 'https://db.example',
    });
    const gone = { ...provider, authorization_endpoint: null };
    const request = { provider: gone, redirectUri: 'r', state: 's', nonce: 'n', challenge: 'c' };
    expect(() => authorizationUrl(request)).toThrow(/cannot be reached/);
  });

  it('takes the code of its own answer', () => {
    expect(codeIn('?code=c&state=st', transaction, NOW)).toBe('c');
    expect(codeIn('?code=c&state=st&iss=https%3A%2F%2Fid.example', transaction, NOW)).toBe('c');
    expect(tokenRequest(transaction, 'c', 'https://db/cb').get('code_verifier')).toBe('ve');
  });

  it.each([
    ['of another sign-in', '?code=c&state=other', transaction],
    ['without a state', '?code=c', transaction],
    ['that was used before', '?code=c&state=st', undefined],
    ['that came too late', '?code=c&state=st', { ...transaction, startedAt: NOW - 11 * 60_000 }],
    ['of another provider', '?code=c&state=st&iss=https%3A%2F%2Fevil.example', transaction],
    ['that refuses', '?error=access_denied&state=st', transaction],
    ['without a code', '?state=st', transaction],
  ])('refuses an answer %s', (_how, search, given) => {
    expect(() => codeIn(search, given, NOW)).toThrow();
  });

  const claims = { iss: provider.issuer, aud: 'dashboard', nonce: 'no', exp: NOW / 1_000 + 60 };
  const answer = (more: object = {}, idToken: object = claims) => ({
    access_token: 'opaque',
    expires_in: 300,
    id_token: jwt(idToken),
    ...more,
  });

  it('takes the token, and its end', () => {
    expect(grantIn(answer(), transaction, NOW)).toEqual({ token: 'opaque', expiresAt: NOW + 300_000 });
    const token = jwt({ exp: NOW / 1_000 + 30 });
    expect(grantIn(answer({ access_token: token }), transaction, NOW).expiresAt).toBe(NOW + 30_000);
    const shared = { ...claims, aud: ['dashboard', 'other'], azp: 'dashboard' };
    expect(grantIn(answer({}, shared), transaction, NOW).token).toBe('opaque');
  });

  it.each([
    ['another nonce', { ...claims, nonce: 'other' }],
    ['no nonce', { ...claims, nonce: undefined }],
    ['another issuer', { ...claims, iss: 'https://evil.example' }],
    ['another client', { ...claims, aud: 'other' }],
    ['another party', { ...claims, azp: 'other' }],
    ['a time that is over', { ...claims, exp: NOW / 1_000 - 600 }],
    ['no time', { ...claims, exp: undefined }],
  ])('refuses an ID token with %s', (_what, idToken) => {
    expect(() => grantIn(answer({}, idToken), transaction, NOW)).toThrow();
  });

  it.each([[undefined], [null], ['text'], [{}], [{ error: 'invalid_grant' }], [answer({ id_token: 'x' })]])(
    'refuses the answer %j',
    (given) => {
      expect(() => grantIn(given, transaction, NOW)).toThrow();
    },
  );
});
