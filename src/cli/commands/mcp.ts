import type { Command } from 'commander';
import { note, serverCommand, type CommonOptions, type Runtime } from '../command';

const HELP = `
A client (Claude Desktop, Cursor, VS Code, …) starts this command and speaks MCP over standard input and output. All
requests go to the server at --url, with its key; tools that the key may not use are hidden. docs/mcp.md has the snippets.
`;

/** The server ends every call by its own deadlines; this is for one that says nothing. */
const MAX_WAIT_MS = 75_000;

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
            const ended = AbortSignal.any([cancelled, AbortSignal.timeout(MAX_WAIT_MS)]);
            const request = { body: message, headers: BRIDGE_HEADERS, signal: ended };
            return await (await api.raw('post', '/mcp', request)).text();
          },
        });
      }),
    );
