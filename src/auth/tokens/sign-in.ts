import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Issuers, type Issuer } from './issuers';
import type { Discovery } from './provider';

/** What a browser needs to sign in at a provider. */
export const signInProviderSchema = z.object({
  label: z.string(),
  issuer: z.string(),
  client_id: z.string(),
  scope: z.string(),
  resource: z.string().nullable().meta({ description: 'Sent as `resource` and as `audience`.' }),
  authorization_endpoint: z.string().nullable().meta({ description: 'Null while the provider cannot be reached.' }),
  token_endpoint: z.string().nullable(),
});
z.globalRegistry.add(signInProviderSchema, { id: 'SignInProvider' });
export type SignInProvider = z.output<typeof signInProviderSchema>;

/** How long a page waits for a provider that has not been asked before. */
const PATIENCE_MS = 1_000;

/** The providers at which the dashboard signs in: those with a public client. */
@Injectable()
export class SignIn {
  constructor(private readonly issuers: Issuers) {}

  async providers(): Promise<SignInProvider[]> {
    return await Promise.all(this.issuers.all.flatMap((issuer) => described(issuer)));
  }

  /** Where the browser sends the code for a token: what the page must be allowed to connect to. */
  async origins(): Promise<string[]> {
    const endpoints = (await this.providers()).flatMap((each) => each.token_endpoint ?? []);
    return [...new Set(endpoints.map((endpoint) => new URL(endpoint).origin))];
  }
}

const described = ({ settings, provider }: Issuer): Promise<SignInProvider>[] => {
  const { clientId, issuer, label, scope, resource } = settings;
  if (clientId === undefined) return [];
  const found = inTime(provider.discovery.current());
  return [
    found.then((discovery) => ({
      label: label ?? new URL(issuer).host,
      issuer,
      client_id: clientId,
      scope: withOpenid(scope),
      resource: resource ?? null,
      authorization_endpoint: discovery?.authorizationEndpoint ?? null,
      token_endpoint: discovery?.tokenEndpoint ?? null,
    })),
  ];
};

/** `undefined` when it fails, or is not there soon: the next page finds it. */
const inTime = async (discovery: Promise<Discovery>): Promise<Discovery | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  const found = discovery.catch(() => undefined);
  return await Promise.race([found, patience]).finally(() => clearTimeout(timer));
};

const withOpenid = (scope: string): string => {
  const words = scope.split(' ').filter((word) => word !== '');
  return (words.includes('openid') ? words : ['openid', ...words]).join(' ');
};
