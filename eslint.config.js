import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['**/*.ts', '**/*.tsx', '**/*.mts'];
/** What ships; tests, benches and scripts may be a little looser. */
const PRODUCT = [
  'server/src/**/*.ts',
  'worker/src/**/*.ts',
  'launcher/src/**/*.ts',
  'sandbox/src/**/*.ts',
  'cli/src/**/*.ts',
  'crowd/src/**/*.ts',
  'client-sdk/src/**/*.{ts,tsx}',
  'server-sdk/src/**/*.ts',
  'web/**/*.{ts,tsx}',
];
const LOOSER = ['tests/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts', '**/*.test.ts'];
/** Plain JavaScript runs before npm install (scripts/*.mjs) or configures a tool: node alone, no type information. */
const PLAIN = ['**/*.js', '**/*.mjs', '**/*.cjs'];
const NODE_GLOBALS = Object.fromEntries(
  [
    ...[
      'process',
      'console',
      'Buffer',
      'URL',
      'URLSearchParams',
      'fetch',
      'performance',
      'AbortController',
      'AbortSignal',
    ],
    ...[
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'queueMicrotask',
      'structuredClone',
    ],
    ...['TextEncoder', 'TextDecoder', 'module', 'require', '__dirname', '__filename'],
  ].map((name) => [name, 'readonly']),
);

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.aisle/**', 'coverage/**', '**/*.d.ts', '**/generated/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      // `socket.on('hold', async …)` is how every handler is written; that it cannot reject is the handler's own duty
      // and no-floating-promises watches what it awaits. Returning a promise where void is due stays an error elsewhere.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Numbers in log lines and keys read best as they are; objects and undefined in a template are still errors.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        // `if (done) return this.#close();` is a guard in one line; nobody takes it for a value in a void function.
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // An async function without await is how a synchronous implementation meets a port that promises.
      '@typescript-eslint/require-await': 'off',
      // Namespaces of constants (`AisleError.of`) are classes by design; ports have classes with no state in tests.
      '@typescript-eslint/no-extraneous-class': 'off',
      // Off: it does not see that a closure ends the loop (`while (!stopped)`), nor what JSON.stringify may answer.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `{ ok: true } & {}`: an answer with nothing in it is a shape too.
      '@typescript-eslint/no-generated-empty-object-type': 'off',
      // An event that carries nothing is `ready: void` in its map of events.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // `Counter<L extends string = never>`-like parameters name a shape that a caller reads.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // `!= null` is how one asks for neither null nor undefined.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      // A handler that is set up before what it ends: `let server; on('SIGTERM', () => server?.close()); server = await …`.
      'prefer-const': ['error', { ignoreReadBeforeAssign: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'No default exports: a thing has one name everywhere.' },
        {
          selector: 'TSAsExpression > TSAsExpression[typeAnnotation.type="TSUnknownKeyword"]',
          message: 'No `as unknown as`: parse it, or mend the type.',
        },
      ],
    },
  },
  {
    files: PRODUCT,
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 20],
      'max-depth': ['error', 4],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  {
    // What is printed before there is a logger, and by command-line tools.
    files: ['launcher/src/**/*.ts', 'scripts/**', 'bench/**', 'docs/tools/**', 'tests/helpers/**', 'examples/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: LOOSER,
    rules: {
      'max-lines': ['error', 800],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/restrict-template-expressions': 'off',
      // `[...map]` of seat letters; `void` on whatever a test does not wait for.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
    },
  },
  {
    files: ['*.config.ts', '*.config.mts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: PLAIN,
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: NODE_GLOBALS },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['examples/*/page/*.js'],
    languageOptions: { globals: { document: 'readonly', FormData: 'readonly' } },
  },
);
