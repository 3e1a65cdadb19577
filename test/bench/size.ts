/** The size of what is installed. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { OUTPUT, ROOT, type Row, rowsOf } from './measure.ts';

export async function sizeRows(): Promise<readonly Row[]> {
  const vsix = join(OUTPUT, 'shipworthy.vsix');
  await createVSIX({ cwd: ROOT, packagePath: vsix, dependencies: false });
  return [rowsOf('Size').row('VSIX', statSync(vsix).size / 1e6, 'MB', 3)];
}
