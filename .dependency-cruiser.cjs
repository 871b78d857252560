/** Dependencies point one way. Each layer may use itself and the layers before it; within a layer there are no cycles. */
const LAYERS = [
  ['common'],
  ['config'],
  ['telemetry'],
  ['database', 'tls'],
  ['admission', 'keyword'],
  // What an endpoint, a tool and a field are; their machinery is in transports.
  ['api'],
  ['operations', 'auth'],
  ['registry', 'erasure', 'audit', 'usage'],
  ['followers', 'orchestrator', 'embeddings', 'events'],
  ['collections', 'files'],
  ['memory', 'sql', 'graph'],
  ['transports', 'health', 'admin', 'chaos', 'backup'],
  ['dialects'],
  ['cli', 'generate', 'main', 'app\\.module', 'app\\.factory'],
];

const pattern = (names) => `^src/(${names.join('|')})(/|\\.ts$)`;

const direction = LAYERS.slice(0, -1).map((layer, index) => ({
  name: `${layer[0]}-stays-below`,
  severity: 'error',
  comment: `${layer.join(', ')} must not import a layer that is built on it`,
  from: { path: pattern(layer), pathNot: '\\.spec\\.ts$' },
  to: { path: pattern(LAYERS.slice(index + 1).flat()) },
}));

module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'client-stands-alone',
      severity: 'error',
      comment: 'what speaks to a server over HTTP runs in browsers too, and shares no code with the server',
      from: { path: '^src/client/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/', pathNot: '^src/client/' },
    },
    {
      name: 'server-is-no-client-of-itself',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(client|cli)/', '\\.spec\\.ts$'] },
      to: { path: '^src/client/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'adapters-know-their-port-and-common',
      severity: 'error',
      from: { path: '^src/([^/]+)/adapters/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      comment:
        'and plain values: what a collection, its compression, its vectors, a metric and a row are; the compiler of filters',
      to: {
        path: '^src/',
        pathNot: [
          '^src/common/',
          '^src/$1/adapters/$2/',
          '^src/database/(filter/|array-literal\\.ts$)',
          '\\.port\\.ts$',
          '^src/$1/(collection|compression/compression-state|metric|named-vectors|records/record-rows)\\.ts$',
        ],
      },
    },
    {
      name: 'migrations-stand-alone',
      severity: 'error',
      comment: 'what ran once must not change with the code that is written later; TypeORM loads it by its folder',
      from: { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(src|migrations)/', pathNot: '^$1/' },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^(test|bench|scripts)/', '\\.spec\\.ts$'] },
    },
    {
      name: 'only-declared-packages',
      severity: 'error',
      comment: 'what the product imports is in "dependencies"',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types count: a module that only borrows another's types depends on it all the same.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
  },
};
