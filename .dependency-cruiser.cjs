/** Who may import whom: the layering of ARCHITECTURE.md, checked by `npm test`. */
const only = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { pathNot: allowed },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Cycles hide what depends on what.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    only('core-is-pure', 'The core imports nothing outside the core.', '^server/src/core/', ['^server/src/core/']),
    only(
      'rules-see-the-kit',
      'Rules see the core, the language helpers, and their own folder.',
      '^server/src/rules/([^/]+)/([^/]+)/',
      [
        '^server/src/core/(model|rulekit|syntax|flow|text)/',
        '^server/src/(languages|formats|knowledge)/',
        '^server/src/rules/$1/$2/',
      ],
    ),
    only(
      'knowledge-is-pure',
      'Languages, formats and knowledge import the core, each other, and readers of formats that run anywhere.',
      '^server/src/(languages|formats|knowledge)/',
      ['^server/src/core/', '^server/src/(languages|formats|knowledge)/', '^node_modules/(ignore|yaml)/'],
    ),
    only(
      'configuration-is-pure',
      'Configuration imports the core, the guard against deep texts, and parsers that run anywhere.',
      '^server/src/configuration/',
      [
        '^server/src/core/',
        '^server/src/configuration/',
        '^server/src/formats/',
        '^node_modules/(ignore|yaml|jsonc-parser)/',
      ],
    ),
    only('wasm-owns-the-parser', 'The parser layer imports the core and web-tree-sitter.', '^server/src/wasm/', [
      '^server/src/(core|wasm)/',
      '^node_modules/web-tree-sitter/',
    ]),
    {
      name: 'only-wasm-sees-tree-sitter',
      severity: 'error',
      from: { pathNot: '^server/src/wasm/' },
      to: { path: 'web-tree-sitter' },
    },
    {
      name: 'only-lsp-sees-the-protocol',
      severity: 'error',
      from: { path: '^server/', pathNot: '^server/src/(lsp|entry)/' },
      to: { path: 'vscode-(languageserver|jsonrpc|uri)' },
    },
    {
      name: 'only-hosts-see-node',
      severity: 'error',
      from: { path: '^server/', pathNot: '^server/src/(host/node|entry)/' },
      to: { dependencyTypes: ['core'] },
    },
    only('client-sees-the-protocol', 'The client sees of the server only the protocol.', '^client/src/', [
      '^client/src/',
      '^server/src/protocol\\.ts$',
      '^node_modules/(vscode-|@types/vscode)',
      '^vscode$',
    ]),
    only('webviews-see-messages', 'Scripts of webviews see types of messages, and each other.', '^client/webview/', [
      '^client/webview/',
      '^client/src/pages/messages\\.ts$',
      '^server/src/protocol\\.ts$',
    ]),
    {
      name: 'entries-are-roots',
      severity: 'error',
      from: { pathNot: '^server/src/entry/' },
      to: { path: '^server/src/entry/' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^vscode$' } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/fixtures/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
