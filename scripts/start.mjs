// `npm start`: what `node dist/main.js` does, after installing and building what is missing.
import Module from 'node:module';
import path from 'node:path';
import { ensureDashboard, ensureInstalled, ensureProduct, requireNode, root } from './prepare.mjs';

requireNode();
await ensureInstalled({ development: false });
if (!(await ensureProduct())) {
  console.error('The build failed; its output is above.');
  process.exit(1);
}
// The product serves without it; the page then says what is missing.
if (!(await ensureDashboard())) console.error('The dashboard could not be built; everything else starts.');
console.log('Starting …');
// In this process, so that signals arrive once and the exit code is the product's own.
process.argv[1] = path.join(root, 'dist', 'main.js');
Module.runMain(process.argv[1]);
