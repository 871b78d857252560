import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { note, serverCommand, type CommonOptions, type Runtime } from '../command';

const HELP = `
A client (Claude Desktop, Cursor, VS Code, …) starts this and speaks MCP over standard input and output. Everything is
asked of the server at --url, with its key; what that key may not do is not shown. docs/mcp.md has the snippets.
`;

export const mcpCommand = (runtime: Runtime): Command =>
  serverCommand('mcp')
    .description('serve the Model Context Protocol on standard input and output')
    .addHelpText('after', HELP)
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ client, io, signal }) => {
        const api = client();
        // Loaded late: the other commands must not pay for the SDK.
        const { bridgeStdio, BRIDGE_HEADERS } = await import('../../transports/mcp/stdio-bridge.js');
        await bridgeStdio({
          input: io.in,
          output: io.out,
          signal,
          onError: (error) => note(io, `mcp: ${error.message}`),
          post: async (message, cancelled) => {
            const request = { body: message, headers: BRIDGE_HEADERS, signal: cancelled };
            return await text(await api.bytes('POST', '/mcp', request));
          },
        });
      }),
    );
