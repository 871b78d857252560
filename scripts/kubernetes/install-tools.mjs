// Builds the programs that validate the manifests, from Go's module proxy, into ~/.cache/zerodb-tools. What is there is kept.
//
//   node scripts/kubernetes/install-tools.mjs kustomize kubeconform helm
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const PACKAGES = {
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0',
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1',
  helm: 'helm.sh/helm/v3/cmd/helm@v3.19.0',
};
const folder = path.join(homedir(), '.cache', 'zerodb-tools', 'bin');

for (const name of process.argv.slice(2)) {
  if (!(name in PACKAGES)) throw new Error(`Unknown tool "${name}"; known are ${Object.keys(PACKAGES).join(', ')}.`);
  if (existsSync(path.join(folder, name))) continue;
  mkdirSync(folder, { recursive: true });
  const { status, error } = spawnSync('go', ['install', '-trimpath', PACKAGES[name]], {
    env: { ...process.env, GOBIN: folder, GOFLAGS: '' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) {
    console.error(`${name} could not be built${error ? `: ${error.message}` : ''}.`);
    process.exitCode = 1;
  }
}
