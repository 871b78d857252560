import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { issuersOf, oidcConfig, type OidcIssuer, type OidcSettings } from '../../config';
import type { KeySet } from './key-set';
import { Provider } from './provider';

/** One issuer whose tokens are taken. */
export interface Issuer {
  readonly settings: OidcIssuer;
  readonly provider: Provider;
  /** Made with the first token. */
  keys?: KeySet;
}

/** The issuers that the operator has named, by their exact names. */
@Injectable()
export class Issuers implements OnModuleDestroy {
  readonly all: readonly Issuer[];
  private readonly byName: ReadonlyMap<string, Issuer>;

  constructor(@Inject(oidcConfig.KEY) settings: OidcSettings) {
    this.all = issuersOf(settings).map((each) => ({ settings: each, provider: new Provider(each) }));
    this.byName = new Map(this.all.map((issuer) => [issuer.settings.issuer, issuer]));
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.all.map(({ provider }) => provider.close()));
  }

  find(name: string): Issuer | undefined {
    return this.byName.get(name);
  }
}
