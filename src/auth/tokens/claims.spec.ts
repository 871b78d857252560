import { loadConfiguration } from '../../config/load-configuration';
import { issuersOf } from '../../config';
import { rightsOf } from './claims';

const load = (more: Record<string, string> = {}) =>
  loadConfiguration({ ZERODB_OIDC_ISSUER: 'https://id.example', ZERODB_OIDC_AUDIENCE: 'zerodb', ...more }, '/nowhere')
    .oidc;
const settingsOf = (more: Record<string, string> = {}) => {
  const [first] = issuersOf(load(more));
  if (!first) throw new Error('There is no issuer.');
  return first;
};

describe('the claims of a token', () => {
  it('name a project and a role', () => {
    expect(rightsOf({ zerodb_project: 'a', zerodb_role: 'write' }, settingsOf())).toEqual({
      projects: ['a'],
      role: 'write',
    });
    expect(rightsOf({ zerodb_project: ['a', 'b'], zerodb_role: ['read', 'admin', 'x'] }, settingsOf())).toEqual({
      projects: ['a', 'b'],
      role: 'admin',
    });
  });

  it('may be nested, be named by a URL, and be a list with spaces', () => {
    const claims = {
      resource_access: { zerodb: { roles: ['editor'] } },
      'https://example.com/project': 'p',
      scope: 'openid zerodb:read',
    };
    const nested = settingsOf({
      ZERODB_OIDC_PROJECT_CLAIM: 'https://example.com/project',
      ZERODB_OIDC_ROLE_CLAIM: 'resource_access.zerodb.roles',
      ZERODB_OIDC_ROLES: 'viewer=read,editor=write',
    });
    expect(rightsOf(claims, nested)).toEqual({ projects: ['p'], role: 'write' });
    const scoped = settingsOf({
      ZERODB_OIDC_PROJECT: 'all',
      ZERODB_OIDC_ROLE_CLAIM: 'scope',
      ZERODB_OIDC_ROLES: 'zerodb:read=read',
    });
    expect(rightsOf(claims, scoped)).toEqual({ projects: ['all'], role: 'read' });
  });

  it('reach no project that their issuer may not speak of', () => {
    const claims = { zerodb_project: ['a', 'b'], zerodb_role: 'read' };
    expect(rightsOf(claims, settingsOf({ ZERODB_OIDC_PROJECTS: 'b, c' })).projects).toEqual(['b']);
    expect(rightsOf(claims, settingsOf({ ZERODB_OIDC_PROJECTS: '*' })).projects).toEqual(['a', 'b']);
    const standing = settingsOf({ ZERODB_OIDC_PROJECTS: 'c', ZERODB_OIDC_PROJECT: 'd' });
    expect(rightsOf({ zerodb_role: 'read' }, standing).projects).toEqual([]);
  });

  it('give nothing by what they inherit, or by other types', () => {
    const settings = settingsOf({ ZERODB_OIDC_ROLES: 'toString=admin' });
    expect(rightsOf({ zerodb_role: 1, zerodb_project: { a: 'b' } }, settings)).toEqual({
      projects: [],
      role: undefined,
    });
    expect(rightsOf({}, settingsOf({ ZERODB_OIDC_ROLE_CLAIM: 'constructor.name' })).role).toBeUndefined();
  });
});

describe('the settings of tokens', () => {
  it.each([
    ['ZERODB_OIDC_ISSUER', 'http://id.example'],
    ['ZERODB_OIDC_ISSUER', 'https://id.example?a=b'],
    ['ZERODB_OIDC_ISSUER', 'https://user:word@id.example'],
    ['ZERODB_OIDC_ISSUER', 'id.example'],
    ['ZERODB_OIDC_JWKS_URL', 'http://10.0.0.1/keys'],
    ['ZERODB_OIDC_JWKS_URL', 'http://127.0.0.1.example/keys'],
    ['ZERODB_OIDC_ALGORITHMS', 'HS256'],
    ['ZERODB_OIDC_ALGORITHMS', 'none'],
    ['ZERODB_OIDC_ALGORITHMS', 'RS256,HS512'],
    ['ZERODB_OIDC_ROLES', 'a=root'],
    ['ZERODB_OIDC_CLOCK_TOLERANCE_SECONDS', '3600'],
    ['ZERODB_OIDC_AUDIENCE', ''],
    ['ZERODB_OIDC_ISSUERS', '{'],
    ['ZERODB_OIDC_ISSUERS', '[{"issuer":"https://id.example","audience":"a","projects":["a"]}]'],
  ])('refuse %s=%s', (name, value) => {
    expect(() => load({ [name]: value, ZERODB_OIDC_PROJECTS: 'p' })).toThrow(name);
  });

  it.each([
    [{ issuer: 'https://b.example', projects: ['b'] }, 'audience'],
    [{ issuer: 'https://b.example', audience: 'z', projects: ['b'], algorithms: ['HS256'] }, 'algorithms'],
    [{ issuer: 'http://b.example', audience: 'z', projects: ['b'] }, 'issuer'],
    [{ issuer: 'https://b.example', audience: 'z', projects: ['b'], secret: 'x' }, 'secret'],
  ])('refuse %j among several', (issuer, fault) => {
    expect(() => load({ ZERODB_OIDC_PROJECTS: 'a', ZERODB_OIDC_ISSUERS: JSON.stringify([issuer]) })).toThrow(fault);
  });

  it('ask each of several issuers for its projects', () => {
    const other = { issuer: 'https://b.example', audience: 'z', projects: ['b'] };
    const several = JSON.stringify([other]);
    expect(() => load({ ZERODB_OIDC_ISSUERS: several })).toThrow('ZERODB_OIDC_PROJECTS');
    const issuers = issuersOf(load({ ZERODB_OIDC_ISSUERS: several, ZERODB_OIDC_PROJECTS: '*' }));
    expect(issuers.map(({ issuer }) => issuer)).toEqual(['https://id.example', 'https://b.example']);
    expect(issuers[1]).toMatchObject({ audience: ['z'], algorithms: ['RS256', 'ES256'], projects: ['b'] });
  });

  it('take a provider on this machine without TLS', () => {
    expect(settingsOf({ ZERODB_OIDC_ISSUER: 'http://127.0.0.1:9000/realm' }).issuer).toBe(
      'http://127.0.0.1:9000/realm',
    );
  });
});
