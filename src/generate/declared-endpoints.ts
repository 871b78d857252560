import 'reflect-metadata';
import { MODULE_METADATA } from '@nestjs/common/constants';
import { AuditModule } from '../audit/audit.module';
import { BackupsModule } from '../backup/running/backups.module';
import { ChaosModule } from '../chaos/chaos.module';
import { CollectionsModule } from '../collections/collections.module';
import { ErasureModule } from '../erasure/erasure.module';
import { EventsModule } from '../events/events.module';
import { FilesModule } from '../files/files.module';
import { GraphModule } from '../graph/graph.module';
import { HealthModule } from '../health/health.module';
import { MemoryModule } from '../memory/memory.module';
import { RegistryModule } from '../registry/registry.module';
import { SqlModule } from '../sql/sql.module';
import { ProjectsModule } from '../auth/projects/projects.module';
import { UsageModule } from '../usage/usage.module';
import type { EndpointDefinition } from '../api/endpoint';
import { endpointsOf } from '../api/endpoint.decorator';
import { graphqlEndpoint } from '../transports/graphql/graphql.endpoint';
import { mcpEndpoint } from '../transports/mcp/mcp.endpoint';

type Class = abstract new (...args: never[]) => object;

/** The modules with routes; the ones they import are found. */
const MODULES: readonly Class[] = [
  RegistryModule,
  ProjectsModule,
  AuditModule,
  UsageModule,
  ErasureModule,
  CollectionsModule,
  SqlModule,
  GraphModule,
  MemoryModule,
  EventsModule,
  FilesModule,
  HealthModule,
  ChaosModule,
  BackupsModule,
];

/** All endpoints of the product, without starting it. */
export const declaredEndpoints = (): EndpointDefinition[] =>
  [...new Set(MODULES.flatMap(modulesBelow))]
    .flatMap((module) => listed(module, MODULE_METADATA.CONTROLLERS))
    .flatMap((controller) => endpointsOf(controller.prototype as object))
    .map(({ definition }) => definition);

/** What OpenAPI describes: these, and the doors that speak another protocol. */
export const documentedEndpoints = (): EndpointDefinition[] => [...declaredEndpoints(), graphqlEndpoint, mcpEndpoint];

const modulesBelow = (module: Class): Class[] => [
  module,
  ...listed(module, MODULE_METADATA.IMPORTS).flatMap(modulesBelow),
];

/** What `@Module` lists. Dynamic modules are objects, and bring no routes here. */
const listed = (module: Class, what: string): Class[] => {
  const entries = (Reflect.getMetadata(what, module) ?? []) as unknown[];
  return entries.filter((entry): entry is Class => typeof entry === 'function');
};
