/**
 * Runs the same VS Code tests in a desktop editor, which is downloaded where its host can be reached. Tests that click or
 * look are skipped there. Exits with the result of the tests, or with 2 in one line when no editor can be had (0 when
 * SHIPWORTHY_ALLOW_NO_ELECTRON=1: the browser launcher runs everything anyway).
 *
 * Usage: tsx test/vscode/runElectron.ts [VERSION]
 */
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { PROJECT_ROOT } from '../../tools/vscodeHost.ts';
import { bundleSuite, makeWorkplace } from './prepare.ts';

const QUIET_ARGUMENTS = ['--disable-workspace-trust', '--disable-telemetry', '--disable-updates', '--skip-welcome'];

async function main(): Promise<number> {
  let editor: string;
  try {
    editor = await downloadAndUnzipVSCode({ version: process.argv[2] ?? 'stable', cachePath: '.cache/vscode-desktop' });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    console.error(`No desktop VS Code could be downloaded, so its tests did not run: ${reason}`);
    return process.env.SHIPWORTHY_ALLOW_NO_ELECTRON === '1' ? 0 : 2;
  }
  const testsPath = await bundleSuite();
  const workplace = makeWorkplace(PROJECT_ROOT);
  try {
    return await runTests({
      vscodeExecutablePath: editor,
      extensionDevelopmentPath: workplace.extension,
      extensionTestsPath: testsPath,
      launchArgs: [
        workplace.sample,
        '--user-data-dir',
        workplace.userDataDir,
        '--disable-extensions',
        ...QUIET_ARGUMENTS,
      ],
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    workplace.remove();
  }
}

process.exitCode = await main();
