import { z } from 'zod';
import { isEncryptedOrLocal } from '../common/ssrf/addresses';
import { integer, setting, someOf, text } from './setting';

/** By a private key alone: with a shared secret among them, the public key could be used as that secret. */
export const SIGNATURES = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const MAX_ISSUERS = 20;

const trusted = (): z.ZodType<string> =>
  text().refine(isEncryptedOrLocal, 'must be a URL with https, without credentials; http only on this machine');

/** Texts separated by commas; in files also a list. */
const texts = (): z.ZodType<string[]> =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value),
    z.array(text()).min(1, 'must name at least one').max(1_000, 'must name at most 1,000'),
  );

const ROLE_PAIRS = /^[^\s,]{1,200}=(?:read|write|admin|audit)(?:,[^\s,]{1,200}=(?:read|write|admin|audit)){0,199}$/;

/** What is known of one issuer. */
const fields = {
  audience: texts(),
  jwksUrl: trusted().optional(),
  caFile: text().optional(),
  algorithms: someOf(SIGNATURES).default(['RS256', 'ES256']),
  types: texts().default(['at+jwt', 'JWT']),
  projectClaim: text().default('zerodb_project'),
  project: text().optional(),
  projects: texts().optional(),
  roleClaim: text().default('zerodb_role'),
  roles: text()
    .regex(ROLE_PAIRS, 'must be `value=role`, several with commas; roles are read, write, admin and audit')
    .default('read=read,write=write,admin=admin'),
  clockToleranceSeconds: integer(0, 300).default(5),
  clientId: text().optional(),
  scope: text().default('openid'),
  resource: text().optional(),
  label: text().max(100, 'must have at most 100 characters').optional(),
};

/** OpenID Connect Core 1.0, 2: neither query nor fragment. */
const issuerUrl = (): z.ZodType<string> =>
  trusted().refine((value) => !/[?#\s]/.test(value), 'must have neither a query nor a fragment');

const issuerSchema = z.strictObject({ issuer: issuerUrl(), ...fields });

/** One provider whose tokens are taken. */
export type OidcIssuer = z.output<typeof issuerSchema>;

const list = (): z.ZodType<OidcIssuer[]> =>
  z.preprocess(
    parsed,
    z.array(issuerSchema, { error: 'must be a list of issuers, in JSON' }).max(MAX_ISSUERS, 'has too many issuers'),
  );

/** What cannot be parsed is left to the check of its shape. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

export const oidc = z.strictObject({
  issuer: setting(
    'ZERODB_OIDC_ISSUER',
    issuerUrl().optional(),
    'An OpenID Connect provider whose tokens are taken beside API keys: its `iss`, to the letter. Its keys are read from its discovery document. Default: none.',
  ),
  audience: setting(
    'ZERODB_OIDC_AUDIENCE',
    fields.audience.optional(),
    'The audience (`aud`) that tokens must be for; several with commas.',
  ),
  jwksUrl: setting(
    'ZERODB_OIDC_JWKS_URL',
    fields.jwksUrl,
    "Address of the provider's public keys. Default: the one that its discovery document names.",
  ),
  caFile: setting(
    'ZERODB_OIDC_CA_FILE',
    fields.caFile,
    'File with the certificate authorities, in PEM, that the provider is checked against. Default: those that Node knows.',
  ),
  algorithms: setting(
    'ZERODB_OIDC_ALGORITHMS',
    fields.algorithms,
    `Signatures that are taken, several with commas: ${SIGNATURES.join(', ')}.`,
  ),
  types: setting(
    'ZERODB_OIDC_TYPES',
    fields.types,
    'Types (`typ`) of tokens that are taken; a token without one counts as `JWT`.',
  ),
  projectClaim: setting(
    'ZERODB_OIDC_PROJECT_CLAIM',
    fields.projectClaim,
    'The claim that names the project, or a list of them, of which `ZeroDB-Project` chooses one. Dots lead into nested claims. Users must not be able to change it.',
  ),
  project: setting(
    'ZERODB_OIDC_PROJECT',
    fields.project,
    'The project of tokens that name none. Default: they are refused.',
  ),
  projects: setting(
    'ZERODB_OIDC_PROJECTS',
    fields.projects,
    'The projects that tokens of this issuer may be for, with commas; `*` for all. Default: all. Needed when there are several issuers.',
  ),
  roleClaim: setting(
    'ZERODB_OIDC_ROLE_CLAIM',
    fields.roleClaim,
    'The claim with the role: a text, a list, or a text with spaces such as `scope`. Dots lead into nested claims.',
  ),
  roles: setting(
    'ZERODB_OIDC_ROLES',
    fields.roles,
    'Which value of that claim is which role (`value=role`, several with commas). The highest counts; a token with none is refused.',
  ),
  clockToleranceSeconds: setting(
    'ZERODB_OIDC_CLOCK_TOLERANCE_SECONDS',
    fields.clockToleranceSeconds,
    "Seconds by which the provider's clock may differ.",
  ),
  clientId: setting(
    'ZERODB_OIDC_CLIENT_ID',
    fields.clientId,
    'The public client (without a secret) by which the dashboard signs in. Default: the dashboard takes API keys alone.',
  ),
  scope: setting(
    'ZERODB_OIDC_SCOPE',
    fields.scope,
    'What the dashboard asks for when it signs in, with spaces; `openid` is always asked for.',
  ),
  resource: setting(
    'ZERODB_OIDC_RESOURCE',
    fields.resource,
    'What the token of the dashboard is for, where the provider wants to be told: sent as `resource` (RFC 8707) and as `audience`.',
  ),
  label: setting('ZERODB_OIDC_LABEL', fields.label, 'The name of the provider on the sign-in page. Default: its host.'),
  issuers: setting(
    'ZERODB_OIDC_ISSUERS',
    list().default([]),
    'Further issuers: a list in JSON, each with `issuer`, `audience`, `projects` and what else the settings `ZERODB_OIDC_*` know, as `config/*.json` names it.',
  ),
});

/** All issuers: the one of the single settings, and those of the list. */
export const issuersOf = ({ issuer, audience, issuers, ...rest }: z.output<typeof oidc>): OidcIssuer[] =>
  issuer === undefined || audience === undefined ? issuers : [{ ...rest, issuer, audience }, ...issuers];

/** What does not fit together. */
export const oidcFaults = (settings: z.output<typeof oidc>): string[] => {
  const { issuer, audience } = settings;
  const all = issuersOf(settings);
  const names = all.map((each) => each.issuer);
  const open = all.length > 1 ? all.filter(({ projects }) => projects === undefined) : [];
  return [
    ...(issuer !== undefined && audience === undefined
      ? ['ZERODB_OIDC_AUDIENCE: needed when ZERODB_OIDC_ISSUER is set.']
      : []),
    ...(audience !== undefined && issuer === undefined
      ? ['ZERODB_OIDC_ISSUER: needed when ZERODB_OIDC_AUDIENCE is set.']
      : []),
    ...(new Set(names).size < names.length ? ['ZERODB_OIDC_ISSUERS: names an issuer twice.'] : []),
    // One provider must not vouch for the tenants of another because nobody thought of it.
    ...open.map(
      (each) => `ZERODB_OIDC_PROJECTS: with several issuers, each names its projects ("*" for all): ${each.issuer}.`,
    ),
  ];
};
