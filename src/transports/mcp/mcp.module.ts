import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CollectionsTools } from '../../collections/collections.tools';
import { FilesModule } from '../../files/files.module';
import { FilesTools } from '../../files/files.tools';
import { MemoryTools } from '../../memory/memory.tools';
import { RestModule } from '../rest/rest.module';
import { McpDoor } from './mcp.door';
import { McpServers } from './mcp-server';
import { Operations } from './operations';
import { Prompts } from './prompts';
import { Resources } from './resources';
import { RunTools } from './run.tools';
import { ToolRegistry } from './tool-registry';

/** MCP: the tools in the order in which clients see them, and the protocol around them. */
@Module({
  imports: [DiscoveryModule, RestModule, FilesModule],
  providers: [
    MemoryTools,
    CollectionsTools,
    FilesTools,
    RunTools,
    Operations,
    ToolRegistry,
    Resources,
    Prompts,
    McpServers,
    McpDoor,
  ],
})
export class McpModule {}
