import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Configuration } from './configuration';

export const CONFIGURATION = Symbol('configuration');
/** Whether this process does background work: every role but `api`. */
export const WORKS_IN_BACKGROUND = Symbol('works-in-background');
export const LIMITS = Symbol('limits');
export const EMBEDDINGS_SETTINGS = Symbol('embeddings-settings');

/** Gives each module its slice of one application's configuration. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(configuration: Configuration): DynamicModule {
    const slices = [
      { provide: CONFIGURATION, useValue: configuration },
      { provide: WORKS_IN_BACKGROUND, useValue: configuration.server.role !== 'api' },
      { provide: LIMITS, useValue: configuration.limits },
      { provide: EMBEDDINGS_SETTINGS, useValue: configuration.embeddings },
    ];
    return { module: ConfigModule, providers: slices, exports: slices.map((slice) => slice.provide) };
  }
}
