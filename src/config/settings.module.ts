import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { BackgroundWork } from '../common/background-work';
import type { Configuration, ServerSettings } from './configuration';
import { loadConfiguration } from './load-configuration';
import { serverConfig, slicesOf } from './slices';

export interface LoadedSettings {
  readonly configuration: Configuration;
  /** Provides the slices of `slices.ts` to every module of the application that imports it. */
  readonly module: DynamicModule;
}

/** The settings of one application, and the background work that its role makes it do. */
@Module({
  providers: [
    {
      provide: BackgroundWork,
      inject: [serverConfig.KEY],
      useFactory: ({ role }: ServerSettings): BackgroundWork => {
        const log = new Logger(BackgroundWork.name);
        return new BackgroundWork(role, (message) => log.debug(message));
      },
    },
  ],
  exports: [BackgroundWork],
})
export class SettingsModule {
  /** Without a ready configuration the settings of this process are validated. Throws `ConfigurationError` with every fault. */
  static async load(ready?: Configuration): Promise<LoadedSettings> {
    let configuration!: Configuration;
    const slices = await ConfigModule.forRoot({
      isGlobal: true,
      // `loadConfiguration` reads it: with all faults at once, and without writing into process.env.
      ignoreEnvFile: true,
      // Without this, ConfigService would answer names that it does not know from the environment, secrets included.
      skipProcessEnv: true,
      validate: (environment) => {
        configuration = ready ?? loadConfiguration(environment, process.cwd());
        // @nestjs/config writes what this returns into process.env, which all applications of the process share.
        return {};
      },
      load: slicesOf(() => configuration),
    });
    return { configuration, module: { module: SettingsModule, global: true, imports: [slices] } };
  }
}
