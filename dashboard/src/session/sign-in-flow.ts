import { ApiError } from '../api/problem';
import { enter } from './enter';
import {
  authorizationUrl,
  codeIn,
  grantIn,
  SignInFault,
  tokenRequest,
  type Provider,
  type Transaction,
} from './provider';

const STORED = 'zerodb.sign-in';
/** Where the provider sends the browser back to: register it with the public client. */
const RETURN_PATH = '/admin/sign-in';
const VERIFIER_BYTES = 32;

const redirectUri = (): string => `${location.origin}${RETURN_PATH}`;

/** Leaves the page for the provider's. Rejects with `SignInFault`. */
export async function startSignIn(provider: Provider, project: string): Promise<void> {
  // Browsers have it on https and on this machine alone.
  if (!globalThis.isSecureContext) throw new SignInFault('Signing in there needs https.');
  const [state, nonce, verifier] = [randomText(), randomText(), randomText()];
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
  const url = authorizationUrl({ provider, redirectUri: redirectUri(), state, nonce, challenge });
  const named = project === '' ? {} : { project };
  const transaction: Transaction = { provider, state, nonce, verifier, startedAt: Date.now(), ...named };
  sessionStorage.setItem(STORED, JSON.stringify(transaction));
  location.assign(url);
}

/** Whether the browser has just come back from a provider. */
export const isReturning = (): boolean => location.pathname === RETURN_PATH && location.search !== '';

/** Signs in with what the provider has sent back, in the address. Rejects with `SignInFault`, or as the server refuses the token. */
export async function finishSignIn(search: string): Promise<void> {
  const transaction = taken();
  const code = codeIn(search, transaction);
  if (!transaction) throw new SignInFault('This sign-in was not started here.');
  const { token, expiresAt } = grantIn(await exchanged(transaction, code), transaction);
  await enter(token, transaction.project, expiresAt);
}

async function exchanged(transaction: Transaction, code: string): Promise<unknown> {
  const { token_endpoint: endpoint } = transaction.provider;
  if (endpoint === null) throw new SignInFault('The identity provider cannot be reached now.');
  const body = tokenRequest(transaction, code, redirectUri());
  const answer = await fetch(endpoint, { method: 'POST', body, credentials: 'omit', cache: 'no-store' }).catch(() => {
    throw new SignInFault('The identity provider cannot be reached from here; it must allow requests of this origin.');
  });
  return await answer.json().catch(() => undefined);
}

/** It is used once. */
function taken(): Transaction | undefined {
  const stored = sessionStorage.getItem(STORED);
  sessionStorage.removeItem(STORED);
  return stored === null ? undefined : (JSON.parse(stored) as Transaction);
}

const randomText = (): string => base64url(crypto.getRandomValues(new Uint8Array(VERIFIER_BYTES)).buffer);

const base64url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** For the page, in the form that it shows. */
export const asProblem = (fault: unknown): unknown =>
  fault instanceof SignInFault
    ? new ApiError({
        status: 0,
        code: 'sign_in',
        title: 'Not signed in',
        detail: fault.message,
        errors: [],
        retryable: false,
      })
    : fault;
