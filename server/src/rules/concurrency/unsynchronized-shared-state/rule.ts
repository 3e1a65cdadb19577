/**
 * Package variables that a goroutine or a request handler writes while others use them, although no lock is held
 * anywhere. Judges a package from the facts of its functions; a variable that is used under some lock somewhere is the
 * business of inconsistent-locking. What runs before others can, by its name, is left out.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import type { AccessFact, LockingFact } from '../../../languages/go/locks/facts.ts';
import { isSetupName } from '../../../languages/go/locks/guards.ts';
import { FREE, ON_ENTRY } from '../../../languages/go/locks/held.ts';
import { goIndex } from '../../../languages/go/resolve.ts';
import type { GoImportFact, GoValueFact } from '../../../languages/go/symbols.ts';
import { isExported } from '../../../languages/go/syntax.ts';
import { goTasks } from '../../../languages/go/tasks.ts';
import { readUses } from '../../../languages/go/uses.ts';
import { PYTHON_THREADS, PYTHON_UPDATE, pythonDetectors } from './python.ts';

/** Types that bring their own synchronisation, or are made to be used by many. */
const SYNCHRONISED =
  /^\*?(?:sync\.|sync\/atomic\.|go\.uber\.org\/atomic\.|log\.|log\/slog\.|database\/sql\.)|^(?:<-)?chan\b|^func\(|^context\.|(?:^|[./*])[aA]tomic\w*$|[lL]ogger$/;

/** More places than these say nothing new of a variable. */
const PLACES = 6;

interface Use {
  readonly function: Fact;
  readonly access: AccessFact;
  /** Who may be running: names of goroutines and handlers; empty when it is not known. */
  readonly tasks: ReadonlySet<string>;
  readonly isBare: boolean;
}

/** Whether nothing is held there as far as the function itself shows. */
function isBare({ held, leavesLocking }: LockingFact, position: number): boolean {
  const now = held[position];
  if (now === undefined || leavesLocking) return false;
  return [now.others, ...Object.values(now.locks)].every((ways) => (ways & ~(ON_ENTRY | FREE)) === 0);
}

/** Names of the functions that are called where something may be held. */
function calledUnderLock(functions: readonly Fact[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { value } of functions) {
    const locking = value as unknown as LockingFact;
    for (const [callee, , held] of locking.calls) {
      const now = locking.held[held];
      if (now === undefined || Object.values(now.locks).every((ways) => (ways & ~(ON_ENTRY | FREE)) === 0)) continue;
      found.add(callee.slice(callee.lastIndexOf('.') + 1).replace(/^=/, ''));
    }
  }
  return found;
}

function isWrite({ access }: Use): boolean {
  return access[1] === 'write' || access[1] === 'element';
}

/** Whether two uses can happen at the same time. */
function meets(write: Use, other: Use): boolean {
  for (const task of write.tasks) {
    if (task.startsWith('serve ')) return true;
    if (!other.tasks.has(task)) return true;
  }
  return false;
}

function methodName({ key }: Fact): string {
  return key.slice(key.indexOf('.') + 1);
}

function placeOf({ function: at, access }: Use): Fact['place'] {
  return { ...at.place, span: { start: access[3], end: access[4] } };
}

/** Whether a place lies in `main` or `init`, which run before others do. */
function isInMain(facts: FactView, { place }: Fact): boolean {
  return ['main', 'init'].some((name) =>
    facts.lookup('go.decl', name).some((item) => item.place.path === place.path && item.place.anchor === place.anchor),
  );
}

/** Where other packages of the workspace use an exported variable. */
function* usesElsewhere(facts: FactView, name: string): Generator<Fact['place']> {
  const index = facts.derive(goIndex);
  if (!isExported(name)) return;
  for (const imported of facts.all('go.import')) {
    const { path } = imported.place;
    const { name: qualifier, test } = imported.value as unknown as GoImportFact;
    if (test || facts.role(path) !== 'production') continue;
    if (index.directoryOfImport(directoryOf(path), imported.key) !== facts.partition) continue;
    const places = facts.lookup('go.uses.at', path);
    const uses = facts.lookup('go.uses', path);
    for (let i = 0; i < uses.length; i++) {
      const line = readUses(uses[i]!).findIndex((use) => use.line === `=${qualifier}\t.${name}`);
      const at = line < 0 ? undefined : places[i];
      const start = at === undefined ? undefined : (at.value as string).split(';')[line]?.split(',')[0];
      if (at === undefined || start === undefined || isInMain(facts, at)) continue;
      yield { ...at.place, span: { start: Number(start), end: Number(start) + name.length } };
      break;
    }
  }
}

/** Functions of Python that several threads of the same file run, and that change a variable of the module in steps. */
function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const threads = facts.get(PYTHON_THREADS);
  for (const update of facts.get(PYTHON_UPDATE)) {
    const { path } = update.place;
    const start = threads.find(({ key, place }) => key === update.key && place.path === path);
    if (start === undefined || facts.role(path) !== 'production') continue;
    yield {
      kind: 'fail',
      subject: update.place,
      message: 'steps',
      args: { name: update.value as string, task: 'threads' },
      related: [{ place: start.place, message: 'Several threads are started here.' }],
    };
  }
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgePython(facts);
  const variables = new Map<string, Fact>();
  for (const declared of facts.get('go.decl')) {
    const { kind, type, test } = declared.value as unknown as GoValueFact;
    if (kind !== 'var' || test || facts.role(declared.place.path) !== 'production') continue;
    if (type === null || !SYNCHRONISED.test(type)) variables.set(declared.key, declared);
    else if (/^\*?sync[./]/.test(type)) yield { kind: 'pass', subject: declared.place };
  }
  const functions = facts.get('go.locking').filter(({ place }) => facts.role(place.path) === 'production');
  const written = new Set<string>();
  for (const { value } of functions) {
    for (const [place, kind] of (value as unknown as LockingFact).accesses) {
      if (place[0] === '=' && (kind === 'write' || kind === 'element')) written.add(place.slice(1));
    }
  }
  for (const name of written) if (!variables.has(name)) written.delete(name);
  if (written.size === 0) return;

  const tasks = facts.derive(goTasks);
  const underLock = calledUnderLock(functions);
  const uses = new Map<string, Use[]>();
  for (const item of functions) {
    const value = item.value as unknown as LockingFact;
    for (const access of value.accesses) {
      if (access[0][0] !== '=') continue;
      const name = access[0].slice(1).replace(/[.[].*$/, '');
      if (!written.has(name)) continue;
      const own = value.held[access[2]]?.others === FREE ? [`go in ${item.key}`] : [];
      const use: Use = {
        function: item,
        access,
        tasks: new Set([...(own.length > 0 ? own : (tasks.get(item.key) ?? []))]),
        isBare: isBare(value, access[2]) && !underLock.has(methodName(item)),
      };
      const list = uses.get(name);
      if (list === undefined) uses.set(name, [use]);
      else list.push(use);
    }
  }
  for (const [name, all] of uses) {
    const declared = variables.get(name)!;
    if (all.some(({ access }) => access[1] === 'address' || access[5])) continue;
    const writes = all.filter((use) => {
      const { key } = use.function;
      // `Start` prepares things, but `go Start()` does so while others are at work.
      return isWrite(use) && use.tasks.size > 0 && (!isSetupName(key) || use.tasks.has(`go ${key}`));
    });
    if (writes.length === 0) continue;
    if (all.some((use) => !use.isBare)) {
      if (all.every((use) => !use.isBare)) yield { kind: 'pass', subject: declared.place };
      continue;
    }
    // Who calls a function that is not exported, and when, is not known.
    const others = all.filter(
      (use) => use.tasks.size > 0 || (!isSetupName(use.function.key) && isExported(methodName(use.function))),
    );
    const elsewhere = [...usesElsewhere(facts, name)];
    const write = writes.find(
      (use) => elsewhere.length > 0 || others.some((other) => other !== use && meets(use, other)),
    );
    if (write === undefined) continue;
    const task = [...write.tasks][0]!;
    const args = { name, writer: write.function.key, task: task.startsWith('serve ') ? 'a request' : 'a goroutine' };
    const shown = new Set<Fact>([write.function]);
    const seen = others.filter((use) => !shown.has(use.function) && shown.add(use.function));
    const places = [...seen.map(placeOf), ...elsewhere].slice(0, PLACES);
    const related = [
      { place: placeOf(write), message: `Written here, by ${args.task}` },
      ...places.map((place) => ({ place, message: 'Used here' })),
    ];
    yield { kind: 'fail', subject: declared.place, message: 'variable', args, related };
    yield { kind: 'fail', subject: placeOf(write), message: 'write', args, related: [] };
    const place = declared.place;
    for (const subject of places) {
      yield { kind: 'fail', subject, message: 'use', args, related: [{ place, message: 'Declared here' }] };
    }
  }
}

export const rule = defineRule({
  id: 'unsynchronized-shared-state',
  title: 'Shared mutable state without any synchronisation',
  category: 'concurrency',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A package variable is written by a function that runs in a goroutine or serves requests, and used by other functions, and no lock is held at any of these places. In Python: a value that several threads change in more than one step (`n += 1`) without a lock, and the environment or working directory of the process when a request changes it.',
    why: 'Two goroutines that touch a variable at once, one of them writing, is a data race: readers see half-written or stale values, and a concurrent write to a map ends the process.',
    howToFix: '',
    howToFixIn: {
      go: 'Use a type of `sync/atomic` for a flag or counter, put a mutex beside the variable and hold it at every use, or give the variable to one goroutine and talk to it through channels.',
      python:
        'Hold a `threading.Lock` around the change, or send the changes to one thread through a `queue.Queue`; pass settings to a call instead of putting them into `os.environ`.',
    },
    refs: ['CWE-362', 'CWE-567', 'https://go.dev/ref/mem'],
  },
  messages: {
    variable:
      '{name} is written by {task} ({writer}) and used by others without a lock; make it atomic, or guard it with a mutex.',
    write: 'This write of {name} by {task} races with its other uses; make it atomic, or hold a mutex.',
    steps:
      '{name} is read, changed and written back by several {task} at once, so that changes get lost; hold a `threading.Lock` around this.',
    process:
      '{name} belongs to the whole process, so that this request changes it for all others; pass the value on instead.',
    use: 'This use of {name} races with the write in {writer}, which {task} runs; make it atomic, or hold a mutex.',
  },
  fix: 'none',
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.locking', PYTHON_UPDATE], judge },
});
