import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module';
import { GraphResolver } from './graph.resolver';
import { GraphsController } from './graphs.controller';
import { GraphsRepository } from './graphs.repository';
import { GraphsService } from './graphs.service';
import { EdgesController } from './items/edges.controller';
import { EdgesRepository } from './items/edges.repository';
import { EdgesService } from './items/edges.service';
import { NodesController } from './items/nodes.controller';
import { NodesRepository } from './items/nodes.repository';
import { NodesService } from './items/nodes.service';
import { References } from './items/references';
import { NeighborsService } from './questions/neighbors.service';
import { QuestionsController } from './questions/questions.controller';
import { QuestionsService } from './questions/questions.service';

/** Graphs: nodes and edges in the record, and questions about how they hang together. */
@Module({
  imports: [CollectionsModule],
  controllers: [GraphsController, NodesController, EdgesController, QuestionsController],
  providers: [
    GraphsRepository,
    GraphsService,
    References,
    NodesRepository,
    NodesService,
    EdgesRepository,
    EdgesService,
    QuestionsService,
    NeighborsService,
    GraphResolver,
  ],
})
export class GraphModule {}
