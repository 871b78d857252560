#!/usr/bin/env node
import { runCli } from './cli/run';

void runCli(process.argv.slice(2)).then((exitCode) => {
  // Set rather than exit(): output still in the pipe reaches its reader, and `start` keeps serving.
  process.exitCode = exitCode;
});
