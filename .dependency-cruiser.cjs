/** Dependencies point one way. Each layer may use itself and the layers before it. */
const LAYERS = [
  ['common'],
  ['config'],
  ['telemetry'],
  ['admission'],
  ['database'],
  ['registry'],
  ['orchestrator'],
  // Capabilities may use each other (collections embed texts, auth knows projects); cycles are refused below.
  ['collections', 'memory', 'files', 'events', 'embeddings', 'projects', 'auth', 'operations'],
  ['transports', 'health', 'admin', 'chaos', 'cli', 'main', 'app\\.module'],
];

/** The declaration of an endpoint is what a capability's door is made of; the machinery behind it is not. */
const DOOR =
  '^src/transports/(rest/(endpoint|schemas|preconditions|decoded-stream|[a-z-]+\\.decorator)|mcp/tool|graphql/field)\\.ts$';

const pattern = (names) => `^src/(${names.join('|')})(/|\\.ts$)`;

const direction = LAYERS.slice(0, -1).map((layer, index) => ({
  name: `${layer[0]}-stays-below`,
  severity: 'error',
  comment: `${layer.join(', ')} must not import a layer that is built on it`,
  from: { path: pattern(layer), pathNot: '\\.spec\\.ts$' },
  to: { path: pattern(LAYERS.slice(index + 1).flat()), pathNot: DOOR },
}));

module.exports = {
  forbidden: [
    ...direction,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'adapters-know-their-port-and-common',
      severity: 'error',
      from: { path: '^src/([^/]+)/adapters/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      comment: 'and the plain values of its capability: what a collection, a metric and a row are',
      to: {
        path: '^src/',
        pathNot: [
          '^src/common/',
          '^src/$1/adapters/$2/',
          '\\.port\\.ts$',
          '^src/$1/(collection|metric|records/record-rows)\\.ts$',
        ],
      },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
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
