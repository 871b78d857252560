import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const TEST_FUNCTIONS = '/^(describe|it|test)$/';
const noSkippedTests = [
  {
    selector: `MemberExpression[object.name=${TEST_FUNCTIONS}][property.name=/^(only|skip|todo|failing)$/]`,
    message: 'No focused or skipped tests; a suite that needs a service asks test/support/services.ts.',
  },
  {
    selector: 'CallExpression[callee.name=/^(fdescribe|fit|xdescribe|xit|xtest)$/]',
    message: 'No focused or skipped tests; a suite that needs a service asks test/support/services.ts.',
  },
];
const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Named exports only: one name for one thing, everywhere.',
};
const environment = { object: 'process', property: 'env', message: 'Only src/config reads the environment.' };
const configService = {
  name: '@nestjs/config',
  message: 'Inject the slice that you read (src/config/slices.ts), not the whole by ConfigService.',
};
/** No name is allowed: what the product may lack is provided as `null` by a factory (EventBroker, ChatModel, Replica). */
const optional = {
  name: '@nestjs/common',
  importNames: ['Optional'],
  message: 'Require it: a lost provider must fail the start. What may be absent is provided as null by a factory.',
};
const noOptionalProvider = {
  selector: 'Property[key.name="inject"] Property[key.name="optional"]',
  message: optional.message,
};
const noRedundantInject = {
  selector:
    ':matches(TSParameterProperty[parameter.typeAnnotation.typeAnnotation.type="TSTypeReference"], ' +
    ':matches(Identifier, ObjectPattern)[typeAnnotation.typeAnnotation.type="TSTypeReference"]) ' +
    '> Decorator > CallExpression[callee.name="Inject"] > Identifier.arguments[name=/^[A-Z].*[a-z]/]',
  message: 'The type names the class already. @Inject is for symbols, slices, and what may be null.',
};

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'build/', 'data/', 'models/', 'src/client/api-types.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-restricted-properties': ['error', environment],
      'no-restricted-syntax': ['error', noDefaultExport, noOptionalProvider, noRedundantInject, ...noSkippedTests],
      'no-restricted-imports': ['error', { paths: [configService, optional] }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      // Refusing control characters in ids and texts takes naming them.
      'no-control-regex': 'off',
      '@typescript-eslint/ban-ts-comment': 'error',
      // `async` without `await` is how an interface of promises is met by a synchronous body.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    // One tenant's text must not hold everybody's thread: see test/integration/linear-time.spec.ts for what this cannot see.
    files: ['src/**/*.ts', 'dashboard/src/**/*.ts', 'dashboard/src/**/*.tsx'],
    ignores: ['**/*.spec.ts'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: false, ignorePartial: false }],
    },
  },
  {
    files: ['src/config/**', 'src/cli/settings.ts', 'test/**', 'bench/**', '**/*.spec.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['src/config/**'],
    rules: { 'no-restricted-imports': ['error', { paths: [optional] }] },
  },
  {
    files: ['test/support/**'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExport] },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
        fetch: 'readonly',
        URL: 'readonly',
        clearInterval: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        AbortSignal: 'readonly',
        setTimeout: 'readonly',
        module: 'writable',
        require: 'readonly',
      },
    },
  },
);
