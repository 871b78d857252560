import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventsModule } from '../../events/events.module';
import { FilesModule } from '../../files/files.module';
import { RestModule } from '../rest/rest.module';
import { GraphqlDoor } from './graphql.door';
import { GraphiqlPage } from './graphiql-page';
import { GraphqlEngine } from './graphql-engine';
import { OperationCaller } from './operation-caller';
import { RESOLVERS } from './resolvers';
import { GraphqlSockets } from './subscriptions/graphql-sockets';

/** `/graphql`: queries and mutations over HTTP, subscriptions over WebSocket. */
@Module({
  imports: [DiscoveryModule, RestModule, FilesModule, EventsModule],
  providers: [...RESOLVERS, OperationCaller, GraphqlEngine, GraphqlDoor, GraphiqlPage, GraphqlSockets],
})
export class GraphqlModule {}
