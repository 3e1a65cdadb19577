/**
 * Controls that Python programs define: middleware classes, decorators and dependencies that refuse, permission and
 * throttle classes of Django REST, checks and rotations by their names. States one fact for each; whether anything uses
 * it is for a judge. What a decorator registers, and methods that a base class may call, are left out.
 */
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import {
  basesOf,
  classOfMethod,
  decorated,
  decoratorsOf,
  definedName,
  isEmptyStatement,
  onlyChild,
  parametersOf,
  statementsOf,
} from '../../languages/python/syntax.ts';
import { type FactValues, state } from '../facts.ts';
import { CHECK, MIDDLEWARE, ROTATION } from '../go/securityControls.ts';
import { ASKS_WHO } from './authentication.ts';

type Kind = FactValues['security.control']['kind'];

/** Classes of frameworks whose children are put in front of views. */
const GUARD_BASE =
  /(?:^|\.)(?:BasePermission|BaseThrottle|\w+RateThrottle|BaseAuthentication|TokenAuthentication|SessionAuthentication|HTTPBearer|HTTPBasic|APIKey(?:Header|Query|Cookie))$/;
const MIDDLEWARE_BASE = /(?:^|\.)(?:BaseHTTPMiddleware|MiddlewareMixin|\w*Middleware)$/;
/** Something that makes, keeps or describes a control. */
const OTHER =
  /^(?:create|make|build|set|parse|test|mock|register|init|configure|setup|load|store|save|handle)_|author(?!i[sz])/i;

function controlOfClass(node: PythonNode): Kind | null {
  const bases = basesOf(node).map(({ text }) => text);
  const name = definedName(node);
  if (/^(?:Base|Abstract|Test|Mock|Fake)|(?:Mixin|Base|Test)$/.test(name) || OTHER.test(name)) return null;
  if (bases.some((base) => GUARD_BASE.test(base))) return 'guard';
  const isMiddleware =
    bases.some((base) => MIDDLEWARE_BASE.test(base)) || (bases.length === 0 && /Middleware$/.test(name));
  return isMiddleware && MIDDLEWARE.test(name.replace(/Middleware$/, '')) ? 'middleware' : null;
}

/** A function that makes a wrapper of another one. */
function isDecorator(node: PythonNode): boolean {
  const statements = statementsOf(node);
  const last = statements.at(-1);
  const result = last?.kind === 'return_statement' ? onlyChild(last) : null;
  if (result?.kind !== 'identifier') return false;
  return statements.some(
    (statement) =>
      (statement.kind === 'function_definition' && definedName(statement) === result.text) ||
      (statement.kind === 'decorated_definition' && statement.child('definition')?.child('name')?.text === result.text),
  );
}

const TAKES_REQUEST =
  /\b(?:Depends|Security|Header|Cookie)\(|^(?:\w+\.)*(?:Request|HTTPConnection|WebSocket|HTTPAuthorizationCredentials)$/;
const REFUSES = /\b40[13]\b|HTTP_40[13]|UNAUTHORIZED|FORBIDDEN|Unauthorized|Forbidden|PermissionDenied|\b429\b/;

/** A dependency of FastAPI: takes what others depend on or a request, and refuses. */
function isDependency(node: PythonNode): boolean {
  const takes = parametersOf(node).some(({ type, defaultValue }) =>
    [type, defaultValue].some((part) => part !== null && TAKES_REQUEST.test(part.text)),
  );
  return takes && /\braise\b/.test(node.text) && REFUSES.test(node.text);
}

function controlOfFunction(node: PythonNode): Kind | null {
  const name = definedName(node);
  if (OTHER.test(name) || /^__/.test(name)) return null;
  const isMethod = classOfMethod(node) !== null;
  const isNamed = MIDDLEWARE.test(name) || ASKS_WHO.test(name);
  if (isNamed && !isMethod && (isDecorator(node) || isDependency(node))) return 'guard';
  if (ROTATION.test(name)) return 'rotation';
  return CHECK.test(name) ? 'check' : null;
}

/** A method that only its class leads to. */
function isOpen(node: PythonNode): boolean {
  const owner = classOfMethod(node);
  if (owner === null) return true;
  return decoratorsOf(owner).length === 0 && basesOf(owner).every(({ text }) => text === 'object');
}

const controls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition'],
  *check(node) {
    const name = definedName(node);
    if (name.length < 4 || decoratorsOf(node).length > 0) return;
    const owner = classOfMethod(node);
    if (decorated(owner ?? node).parent?.kind !== 'chunk') return;
    const statements = statementsOf(node);
    if (statements.every(isEmptyStatement) || /^\s*raise NotImplementedError/.test(statements.at(-1)?.text ?? ''))
      return;
    const kind =
      node.kind === 'class_definition' ? controlOfClass(node) : isOpen(node) ? controlOfFunction(node) : null;
    if (kind === null) return;
    yield state('security.control', name, { kind, method: owner !== null, use: null }, node.child('name') ?? node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.security.control', language: 'python', detector: controls as NodeDetector },
];
