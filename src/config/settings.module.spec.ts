import { Inject, Injectable, Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { ConfigService, getConfigToken } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { BackgroundWork } from '../common/background-work';
import { configurationSchema, type Configuration, type FilesSettings } from './configuration';
import { ConfigurationError } from './configuration-error';
import { loadConfiguration } from './load-configuration';
import { SettingsModule } from './settings.module';
import * as slices from './slices';

const { filesConfig, serverConfig } = slices;

@Injectable()
class Consumer {
  constructor(@Inject(filesConfig.KEY) readonly settings: FilesSettings) {}
}

/** A module that imports no settings of its own, as those of the product. */
@Module({ providers: [Consumer], exports: [Consumer] })
class ConsumerModule {}

@Module({})
class TestModule {}

const start = (settings: DynamicModule): Promise<INestApplicationContext> =>
  NestFactory.createApplicationContext(
    { module: TestModule, imports: [settings, ConsumerModule] },
    { logger: false, abortOnError: false },
  );

/** Runs `work` with these variables added to the environment, and takes them out again. */
const withVariables = async (variables: Record<string, string>, work: () => Promise<void>): Promise<void> => {
  Object.assign(process.env, variables);
  try {
    await work();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
};

describe('SettingsModule', () => {
  it('injects into each application of a process the slices of its own', async () => {
    const small = loadConfiguration({ ZERODB_FILES_MAX_BYTES: '1024', ZERODB_ROLE: 'api' }, '/');
    const large = loadConfiguration({ ZERODB_FILES_MAX_BYTES: '2048', NODE_ENV: 'production' }, '/');
    const loaded = await Promise.all([small, large].map((each) => SettingsModule.load(each)));
    const apps = await Promise.all(loaded.map(({ module }) => start(module)));
    expect(apps.map((app) => app.get(Consumer).settings)).toEqual([small.files, large.files]);
    expect(apps.map((app) => app.get<unknown>(serverConfig.KEY))).toEqual([small.server, large.server]);
    expect(apps.map((app) => app.get(BackgroundWork).isWorking)).toEqual([false, true]);
    await Promise.all(apps.map((app) => app.close()));
  });

  it('names every slice of the declaration', async () => {
    const { configuration, module } = await SettingsModule.load(loadConfiguration({}, '/'));
    const app = await start(module);
    const tokens = Object.values(slices).flatMap((slice) => ('KEY' in slice ? [slice.KEY] : []));
    const injected = tokens.map((token) => [token, app.get<unknown>(token)]);
    const declared = Object.keys(configurationSchema.shape) as (keyof Configuration)[];
    expect(Object.fromEntries(injected)).toEqual(
      Object.fromEntries(declared.map((name) => [getConfigToken(name), configuration[name]])),
    );
    await app.close();
  });

  it('takes the settings of the process where no configuration is passed', async () => {
    await withVariables({ ZERODB_FILES_MAX_BYTES: '4096' }, async () => {
      const { configuration, module } = await SettingsModule.load();
      expect(configuration.files.maxBytes).toBe(4096);
      const app = await start(module);
      expect(app.get(Consumer).settings.maxBytes).toBe(4096);
      await app.close();
    });
  });

  it('throws all faults of the process at once', async () => {
    await withVariables({ ZERODB_PORT: 'x', ZERODB_PROT: '1', ZERODB_ROLE: 'y' }, async () => {
      const error: unknown = await SettingsModule.load().catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ConfigurationError);
      expect((error as ConfigurationError).faults).toEqual([
        'ZERODB_PROT: there is no such setting. Did you mean ZERODB_PORT?',
        'ZERODB_PORT: must be a whole number.',
        'ZERODB_ROLE: must be one of all, api, worker.',
      ]);
    });
  });

  it('reads nothing of the environment when it has a configuration', async () => {
    await withVariables({ ZERODB_PORT: 'x' }, async () => {
      const ready = loadConfiguration({}, '/');
      expect((await SettingsModule.load(ready)).configuration).toBe(ready);
    });
  });

  it('neither writes settings into the environment nor shows its variables', async () => {
    await withVariables({ ZERODB_S3_SECRET_KEY: 'hush' }, async () => {
      const before = { ...process.env };
      const given = loadConfiguration({ ZERODB_ROOT_KEY: 'R0ot-key.of/the+test=' }, '/');
      for (const ready of [given, undefined]) {
        const app = await start((await SettingsModule.load(ready)).module);
        expect(app.get(ConfigService).get<unknown>('ZERODB_S3_SECRET_KEY')).toBeUndefined();
        await app.close();
      }
      expect({ ...process.env }).toEqual(before);
    });
  });
});
