/** The pins of the grammars hold, the copy step refuses anything else, and the generated kinds are those of the grammar. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import pins from '../../grammars/grammars.json' with { type: 'json' };
import type { LanguageId } from '../../server/src/core/model/file.ts';
import { nodeTypesModule } from '../../tools/gen/nodeTypes.ts';
import { testSyntax } from '../harness/engine.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const allPins = [pins.runtime, ...pins.grammars];

describe('the copy step', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'grammars-'));
    mkdirSync(join(folder, 'grammars'));
    for (const name of ['copy.mjs', 'grammars.json']) {
      copyFileSync(join(root, 'grammars', name), join(folder, 'grammars', name));
    }
    for (const pin of allPins) {
      for (const file of ['package.json', pin.file]) {
        const target = join(folder, 'node_modules', pin.package, file);
        mkdirSync(dirname(target), { recursive: true });
        cpSync(join(root, 'node_modules', pin.package, file), target);
      }
    }
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const copy = (...targets: string[]) =>
    spawnSync(process.execPath, [join(folder, 'grammars', 'copy.mjs'), ...targets], { encoding: 'utf8', cwd: folder });

  test('copies every pinned file beside itself and into the folders it is given', () => {
    expect(copy('dist/deep')).toMatchObject({ status: 0, stderr: '' });
    for (const pin of allPins) {
      const original = readFileSync(join(root, 'node_modules', pin.package, pin.file));
      expect(readFileSync(join(folder, 'grammars', pin.file)).equals(original)).toBe(true);
      expect(readFileSync(join(folder, 'dist', 'deep', pin.file)).equals(original)).toBe(true);
    }
  });

  test('refuses another version', () => {
    const manifest = join(folder, 'node_modules', 'tree-sitter-go', 'package.json');
    writeFileSync(manifest, JSON.stringify({ version: '0.99.0' }));
    const { status, stderr } = copy('dist');
    expect(status).toBe(1);
    expect(stderr).toContain('tree-sitter-go is installed as 0.99.0, but grammars.json pins 0.25.0.');
  });

  test('refuses an altered file', () => {
    appendFileSync(join(folder, 'node_modules', 'tree-sitter-go', 'tree-sitter-go.wasm'), 'x');
    const { status, stderr } = copy('dist');
    expect(status).toBe(1);
    expect(stderr).toMatch(/tree-sitter-go\.wasm has sha256 [0-9a-f]{64}, but grammars\.json pins/);
  });

  test('says what is missing', () => {
    rmSync(join(folder, 'node_modules', 'tree-sitter-go'), { recursive: true });
    const { status, stderr } = copy('dist');
    expect(status).toBe(1);
    expect(stderr).toContain('is tree-sitter-go@0.25.0 installed?');
  });
});

describe.each(pins.grammars)('the generated kinds of $language', (pin) => {
  const generated = readFileSync(join(root, 'server', 'src', 'languages', pin.language, 'nodes.gen.ts'), 'utf8');
  const prefix = pin.language.charAt(0).toUpperCase() + pin.language.slice(1);

  test('are up to date', () => {
    const nodeTypes = JSON.parse(readFileSync(join(root, 'node_modules', pin.package, pin.nodeTypes), 'utf8'));
    expect(nodeTypesModule(pin, nodeTypes)).toBe(generated);
  });

  test('have every kind and field that a tree can show, and no other', async () => {
    const syntax = await testSyntax();
    const file = syntax.parse(pin.language as LanguageId, '', { budget: 1000 })!;
    const { kinds, fields } = file.grammar;
    file.delete();
    expect(kinds[0]).toBe('chunk');
    expect(fields[0]).toBe('');
    // '' stands for symbols that trees do not show, and for the one token whose name is a NUL character.
    const generatedKinds = [...members(`${prefix}NamedKind`), ...members(`${prefix}Token`)];
    expect(generatedKinds.filter((kind) => kind !== '').sort()).toEqual(
      [...new Set(kinds)].filter((kind) => kind !== '').sort(),
    );
    expect(members(`${prefix}Field`)).toEqual(fields.slice(1).sort());
  });

  function members(name: string): string[] {
    const union = generated.split(`export type ${name} =\n`)[1]!.split(';\n\n')[0]!;
    return Array.from(union.matchAll(/^ {2}\| '(.*?)';?$/gm), (match) => match[1]!.replaceAll('\\\\', '\\'));
  }
});
