import { MODULE_METADATA } from '@nestjs/common/constants';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pino from 'pino';
import { AppModule } from '../../src/app.module';
import { loadConfiguration, SettingsModule } from '../../src/config';

/** The product imports no promises and no forward references. */
type Imported = Type | DynamicModule;

const LISTS = [MODULE_METADATA.PROVIDERS, MODULE_METADATA.EXPORTS];
/** Of a provider or of an exported token: a class, a symbol, or an object with `provide`. */
const nameOf = (entry: unknown): string => {
  const token = typeof entry === 'object' && entry !== null && 'provide' in entry ? entry.provide : entry;
  if (typeof token === 'function') return token.name;
  return typeof token === 'symbol' ? (token.description ?? '') : String(token);
};
const others = (entries: readonly unknown[] | undefined, lost: string): unknown[] =>
  (entries ?? []).filter((entry) => nameOf(entry) !== lost);

/** Takes the provider out of what the module declares, and of what it imports. Returns the module to import instead. */
function without(entry: Imported, lost: string): Imported {
  if (typeof entry === 'function') return withoutDeclared(entry, lost);
  withoutDeclared(entry.module, lost);
  return {
    ...entry,
    imports: ((entry.imports ?? []) as Imported[]).map((each) => without(each, lost)),
    providers: others(entry.providers, lost) as NonNullable<DynamicModule['providers']>,
    exports: others(entry.exports, lost) as NonNullable<DynamicModule['exports']>,
  };
}

/** A class declares its lists as metadata; this process starts nothing else afterwards. */
function withoutDeclared(module: Type, lost: string): Type {
  for (const list of LISTS) {
    const entries = Reflect.getMetadata(list, module) as unknown[] | undefined;
    if (entries) Reflect.defineMetadata(list, others(entries, lost), module);
  }
  const imports = (Reflect.getMetadata(MODULE_METADATA.IMPORTS, module) ?? []) as Imported[];
  for (const each of imports) without(each, lost);
  return module;
}

/** Wires the product as a start does, but creates nothing: no database is opened. Returns why it fails. */
async function wire(lost: string): Promise<string> {
  const settings = await SettingsModule.load(loadConfiguration({}, process.cwd()));
  const app = AppModule.forRoot(settings.module, pino({ level: 'silent' }));
  const options = { logger: false, abortOnError: false, preview: true } as const;
  return await NestFactory.createApplicationContext(without(app, lost) as DynamicModule, options).then(
    () => 'starts',
    (error: unknown) => String(error),
  );
}

/** In a process of its own: some packages of the doors are ES modules, which jest does not load. */
const main = async (lost: string): Promise<void> => {
  const outcome = await wire(lost);
  process.send?.(outcome, () => process.exit(0));
};

if (require.main === module) void main(process.argv[2] ?? '');
