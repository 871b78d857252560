import { KeysResolver } from '../../auth/keys/keys.resolver';
import { CollectionsResolver } from '../../collections/collections.resolver';
import { EventsResolver } from '../../events/events.resolver';
import { FilesResolver } from '../../files/files.resolver';
import { ServicesResolver } from '../../registry/services.resolver';
import { GraphResolver } from '../../graph/graph.resolver';
import { MemoryResolver } from '../../memory/memory.resolver';
import { OperationsResolver } from '../../operations/operations.resolver';
import { ProjectsResolver } from '../../auth/projects/projects.resolver';

/** Everything that has fields, in the order in which types get their names. */
export const RESOLVERS = [
  OperationsResolver,
  ProjectsResolver,
  KeysResolver,
  CollectionsResolver,
  GraphResolver,
  MemoryResolver,
  FilesResolver,
  EventsResolver,
  ServicesResolver,
] as const;
