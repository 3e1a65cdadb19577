/**
 * What both launchers of the VS Code tests need: the bundled suite and fresh folders with the sample service, so that
 * tests may edit it. It writes to the project's `.cache` and to a temporary folder only.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { PROJECT_ROOT } from '../../tools/vscodeHost.ts';

export const SCREENSHOT_DIR = join(PROJECT_ROOT, '.cache', 'screenshots');

/** Bundles the suite into one CommonJS file, as the extension host loads it; returns its path. */
export async function bundleSuite(): Promise<string> {
  const outfile = join(PROJECT_ROOT, '.cache', 'vscode-tests', 'suite.cjs');
  await build({
    entryPoints: [join(PROJECT_ROOT, 'test', 'vscode', 'suite', 'index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: true,
    external: ['vscode'],
    logLevel: 'warning',
  });
  return outfile;
}

/**
 * Returns a function that turns the positions of the bundle in a stack trace into those of the sources, and drops the
 * editor's own frames: the extension host does not read source maps.
 */
export function createStackMapper(bundle: string): (text: string) => string {
  const sourceMap = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, 'utf8')));
  const position = new RegExp(`${bundle.replaceAll(/[^\w/]/g, '\\$&')}:(\\d+):(\\d+)`, 'g');
  const toSource = (whole: string, line: string, column: string): string => {
    const entry = sourceMap.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in entry)) return whole;
    const path = relative(process.cwd(), resolve(dirname(bundle), entry.originalSource));
    return `${path}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  };
  return (text) =>
    text
      .split('\n')
      .filter((line) => !/^\s+at .*(extensionHostProcess\.js|node:internal)/.test(line))
      .join('\n')
      .replaceAll(position, toSource);
}

export interface Workplace {
  /** A copy of the sample service. */
  readonly sample: string;
  /** A workspace file of two folders: the sample service, and a program with a configuration and settings of its own. */
  readonly twoRoots: string;
  /**
   * A link to the extension. The VS Code server is installed below the project, and takes themes below the folder of the
   * extension in development, its own ones too then, for the themes to show.
   */
  readonly extension: string;
  /** For what the editor writes. */
  readonly userDataDir: string;
  remove(): void;
}

/** The second folder of the workspace of two: one rule is off by its configuration, another by its settings. */
const SECOND_ROOT = {
  'two-roots.code-workspace': JSON.stringify({ folders: [{ path: 'checkout-service' }, { path: 'notifier' }] }),
  'notifier/go.mod': 'module example.com/notifier\n\ngo 1.22\n\nrequire github.com/gorilla/websocket v1.5.3\n',
  'notifier/main.go': `package main

import (
	"net/http"
	"os"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	CheckOrigin: func(r *http.Request) bool { return true },
}

func main() {
	response, err := http.Get("https://status.example.org/")
	if err != nil {
		return
	}
	defer response.Body.Close()
	_, err = os.Create("status.txt")
	os.Remove("status.old")
}
`,
  'notifier/shipworthy.json': '{ "rules": { "unchecked-message-origin": "off" } }\n',
  'notifier/.vscode/settings.json': '{ "shipworthy.rules": { "client-without-timeout": "off" } }\n',
};

/** Makes the folders of one run of the tests of the extension in the given folder. */
export function makeWorkplace(extensionPath: string): Workplace {
  // The real path: on macOS the temporary folder is a link, and the editor would report the other name.
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'shipworthy-vscode-')));
  const sample = join(root, 'checkout-service');
  cpSync(join(PROJECT_ROOT, 'samples', 'checkout-service'), sample, { recursive: true });
  for (const [path, text] of Object.entries(SECOND_ROOT)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const extension = join(root, 'extension');
  symlinkSync(resolve(extensionPath), extension, 'junction');
  return {
    sample,
    twoRoots: join(root, 'two-roots.code-workspace'),
    extension,
    userDataDir: join(root, 'user-data'),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}
