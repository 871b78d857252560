import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { SignIn, signInProviderSchema, type SignInProvider } from './sign-in';

const getSignIn = defineEndpoint({
  method: 'GET',
  path: '/v1/sign-in',
  operationId: 'getSignIn',
  audit: 'none',
  tag: 'Keys',
  summary: 'Where people can sign in',
  description:
    'The identity providers at which a browser can get a token, by the authorization code flow with PKCE and a public client; none where nothing is configured. Needs no key. API keys are taken in any case.',
  access: 'public',
  responses: { 200: z.object({ providers: z.array(signInProviderSchema) }) },
});

@Controller()
export class SignInController {
  constructor(private readonly signIn: SignIn) {}

  @Endpoint(getSignIn)
  async get(): Promise<{ providers: SignInProvider[] }> {
    return { providers: await this.signIn.providers() };
  }
}
