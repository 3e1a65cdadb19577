/**
 * Tells what a route is for from its path and handler, and whom a listener's address reaches. Works on texts alone.
 */
import type { Exposure, RoutePurpose } from '../facts.ts';

/** A path segment that names a health route wherever it stands. */
const HEALTH_SEGMENT = /^[-_.]*health(?:y|z|check\w*|[-_]?checks?|[-_.]\w+)?$/i;
/** A path that ends in one of these is a health route. */
const HEALTH_END =
  /^[-_.]*(?:livez|liveness(?:probe)?|readyz|readiness(?:probe)?|is[-_]?alive|heartbeat|lbheartbeat)[-_]*$/i;
/** These are common words: only near the root they are about the service itself. */
const HEALTH_ROOT =
  /^(?:\/api)?(?:\/v\d+)?(?:\/[-_\w]+)?\/[-_]*(?:live|ready|alive|ping)[-_]*\/?$|^(?:\/api)?(?:\/v\d+)?\/[-_]*up[-_]*\/?$/i;
const STATUS_PATH = /^(?:\/api)?(?:\/v\d+)?\/_?statusz?\/?$/i;

/** Whether a path (with or without a method in front) is that of a health, liveness or readiness route. */
export function isHealthPath(path: string): boolean {
  const plain = path.replace(/^[A-Z]+\s+/, '');
  if (!plain.startsWith('/') || /[\s?=%]/.test(plain)) return false;
  const segments = plain.split('/').filter((segment) => segment !== '');
  return (
    segments.some((segment) => HEALTH_SEGMENT.test(segment)) ||
    HEALTH_END.test(segments.at(-1) ?? '') ||
    HEALTH_ROOT.test(plain)
  );
}

/** Whether a name is that of a health handler or service. */
export function isHealthName(name: string): boolean {
  return /(?:^|[^a-z])health(?!y[a-z])|Health|(?:^|[^a-z])(?:liveness|readiness|livez|readyz|heartbeat)|Liveness|Readiness|Livez|Readyz|HeartBeat|Heartbeat|IsAlive|[pP]ingHandler|handlePing|HandlePing/.test(
    name,
  );
}

const METRICS_HANDLER =
  /promhttp\.|\bexpvar\.Handler|\bprometheus\.Handler|\bginprom|\becho_?prometheus|\bfiberprometheus/;

/** Purpose of a route from its path ('' when unknown) and the text of its handler. */
export function purposeOf(path: string, handler: string): RoutePurpose {
  const plain = path.replace(/^[A-Z]+\s+/, '');
  if (isHealthPath(plain) || STATUS_PATH.test(plain) || isHealthName(handler)) return 'health';
  if (METRICS_HANDLER.test(handler) || /^\/(?:-\/)?metrics\/?$/.test(plain)) return 'metrics';
  if (/(?:^|\/)debug\/|\/pprof/.test(plain) || /\bpprof\./.test(handler)) return 'debug';
  if (
    /^\/(?:favicon\.\w+|robots\.txt|static|assets|public|swagger|docs|openapi|css|js|img|images|fonts)(?:[/.{*:]|$)/i.test(
      plain,
    ) ||
    /FileServer|http\.Dir\b|http\.FS\b|[sS]wagger|StaticHandler|NotFoundHandler/.test(handler)
  ) {
    return 'static';
  }
  return 'app';
}

/** Whom an address of `net.Listen` or `http.Server` reaches. */
export function exposureOfAddress(address: string): Exposure {
  if (/^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)(?::|$)/i.test(address)) return 'loopback';
  return /^(?:%[svd]|\{)/.test(address) ? 'unknown' : 'open';
}
