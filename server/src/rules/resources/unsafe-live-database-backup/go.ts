/**
 * Go: functions that make a backup by copying the file or directory of a database. Only code that names such a file is
 * looked at, and nothing is said of functions that stop, close or snapshot the database on the way.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { callArguments, functionName } from '../../../languages/go/syntax.ts';

/** Files and directories of embedded databases, by what paths to them are called. */
const DATABASE_PATH =
  /\b\w*(?:[dD][bB](?:Path|File|Dir)|[dD]atabase(?:Path|File|Dir)|[sS]qlite\w*(?:Path|File)?|[bB]adger(?:Path|Dir)|[bB]olt(?:Path|File))\b|\.(?:db|sqlite3?|bolt)["'`]/;
/** Ways to a consistent copy. */
const CONSISTENT =
  /VACUUM|\.Backup\(|\.Snapshot\(|\.WriteTo\(|\.CopyFile\(|wal_checkpoint|pg_dump|mysqldump|\.backup\b|Close\(|\.Stop\(|[lL]ock\(|BEGIN (?:IMMEDIATE|EXCLUSIVE)/;
const READS = /^(?:ReadFile|Open|Copy|copyFile|CopyFile|copyDir|CopyDir|Link|Walk|WalkDir)$/;

const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['ackup', 'napshot', 'rchive'],
  when: (node) => /[bB]ackup|[sS]napshot|[aA]rchive/.test(functionName(node)),
  *check(node): Iterable<Verdict> {
    const name = functionName(node);
    if (/[rR]estore|[lL]ist|[dD]elete|[pP]rune|[cC]lean|[lL]oad/.test(name)) return;
    const code = node.text.replace(/\/\/[^\r\n]*/g, '');
    const isConsistent = CONSISTENT.test(
      code.replace(/\b(?:\w*[fF]ile|src|dst|in|out|source|target|dest\w*|[a-z])\.Close\(/g, ''),
    );
    for (const call of node.descendants('call_expression')) {
      const callee = call.child('function')?.text ?? '';
      if (!READS.test(callee.slice(callee.lastIndexOf('.') + 1)) || /\b(?:sql|badger|bolt|bbolt|gorm)\./.test(callee))
        continue;
      const [source] = callArguments(call);
      if (source === undefined || !DATABASE_PATH.test(source.text)) continue;
      if (isConsistent) yield { kind: 'pass', subject: call.span };
      else yield { kind: 'fail', subject: call.span, message: 'file' };
      return;
    }
    if (/VACUUM INTO|\.Backup\(/.test(code)) yield { kind: 'pass', subject: (node.child('name') ?? node).span };
  },
};

export const goDetectors = [functions];
