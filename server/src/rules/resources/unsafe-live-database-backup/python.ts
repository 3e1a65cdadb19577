/**
 * Python: functions that make a backup by copying or packing the file of a database. Only code that names such a file is
 * looked at, and nothing is said of functions that stop, lock or snapshot the database on the way.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { constantText } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  definedName,
  positionalArguments,
  runningFunction,
} from '../../../languages/python/syntax.ts';

/** Files of databases, by what paths to them are called or end in. */
const DATABASE =
  /(?:^|[^a-z])(?:db|database|sqlite3?)_?(?:path|file|filename|name)?$|(?:^|_)(?:db|database|sqlite3?)_(?:path|file|filename)$|\.(?:db|sqlite3?)$/i;
const COPIES = /^(?:shutil\.(?:copy|copy2|copyfile|move)|os\.(?:link|rename))$/;
/** Ways to a consistent copy. */
const CONSISTENT =
  /\.backup\(|VACUUM|wal_checkpoint|iterdump|pg_dump|mysqldump|sqlite3\s+\S+\s+["']?\.(?:backup|dump)|BEGIN (?:IMMEDIATE|EXCLUSIVE)|\.(?:dispose|stop|shutdown|pause)\(|\b\w*(?:conn|connection|db|database|session|engine|cur|cursor)\w*\.close(?:_all)?\(|\block\b|stop_\w+\(/i;

/** The text of an expression, and what it stands for. */
function nameOf(expression: PythonNode, text: string | null): string {
  return text ?? expression.text.replace(/^(?:str|Path|os\.fspath)\((.*)\)$/s, '$1').replace(/["'\])]+$/, '');
}

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['ackup', 'napshot', 'rchive'],
  when: (node) => /backup|snapshot|archive/i.test(definedName(node)),
  *check(node, ctx): Iterable<Verdict> {
    const name = definedName(node);
    if (/restore|list|delete|prune|clean|load|import|test/i.test(name)) return;
    const code = node.text.replace(/#[^\r\n]*/g, '');
    // One database copies itself into another.
    const safe = node.descendants('call').find((call) => {
      return calledName(call) === 'backup' && /^sqlite3\.connect\(\)\.backup$/.test(callChain(call, ctx));
    });
    if (safe !== undefined) {
      yield { kind: 'pass', subject: safe.span };
      return;
    }
    for (const call of node.descendants('call')) {
      if (runningFunction(call)?.equals(node) !== true) continue;
      const [first] = positionalArguments(call);
      const isPacked =
        calledName(call) === 'write' && /^(?:zipfile\.ZipFile|tarfile\.open)\(\)\.write$/.test(callChain(call, ctx));
      const isAdded = calledName(call) === 'add' && /^tarfile\.open\(\)\.add$/.test(callChain(call, ctx));
      if (first === undefined || !(isPacked || isAdded || COPIES.test(callChain(call, ctx)))) continue;
      const source = nameOf(first, constantText(first, ctx));
      if (!DATABASE.test(source) || /backup|bak\b|dump|copy|tmp|temp/i.test(source)) continue;
      if (!CONSISTENT.test(code)) yield { kind: 'fail', subject: call.span, message: 'file' };
      return;
    }
    const written = node
      .descendants('call')
      .find((call) => calledName(call) === 'execute' && /VACUUM INTO/i.test(call.text));
    if (written !== undefined && calledOn(written) !== null) yield { kind: 'pass', subject: written.span };
  },
};

export const pythonDetectors: readonly Detector[] = [functions as NodeDetector];
