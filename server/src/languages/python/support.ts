/** How a Python file falls into chunks, what its header is, and how imports are added to and removed from it. */
import type { LanguageSupport } from '../../core/engine/language.ts';
import { chunkWithComments } from '../chunks.ts';
import { HEADER_KINDS, type PythonHeader, readPythonHeader } from './header.ts';
import { importEdits } from './imports.ts';
import type { PythonNode } from './nodes.gen.ts';
import { calledName } from './syntax.ts';

const GENERATED_NAME = /_pb2(?:_grpc)?\.pyi?$/;

export const pythonSupport: LanguageSupport<PythonHeader> = {
  id: 'python',
  chunk: chunkWithComments,
  isHeaderKind: (kind) => HEADER_KINDS.includes(kind),
  header: readPythonHeader,
  calledName: (node) => (node.kind === 'call' ? calledName(node as PythonNode) : null),
  importedPath: () => null,
  roleOf: (path, header) => (header.generated || GENERATED_NAME.test(path) ? 'generated' : null),
  importEdits: (text, _header, add, remove) => importEdits(text, add, remove),
};
