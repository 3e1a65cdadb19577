/** What an address of this machine or of a private network looks like, in any language. */

/** Hosts of this machine and of private networks. */
const OWN_HOST =
  /^(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1\]|host\.docker\.internal|10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})$/i;
const URL = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?/i;

/** Whether the text is an address of this machine or a private network, with a port. */
export function isOwnAddress(text: string): boolean {
  const url = URL.exec(text);
  if (url !== null) return OWN_HOST.test(url[1]!) && url[2] !== '0';
  const address = /^(\[[^\]]*\]|[\w.-]+):(\d{2,5})$/.exec(text);
  if (address !== null) return OWN_HOST.test(address[1]!);
  const mysql = /@(?:tcp|udp)\((\[[^\]]*\]|[\w.-]+):\d+\)/.exec(text);
  if (mysql !== null) return OWN_HOST.test(mysql[1]!);
  const libpq = /\bhost=([\w.-]+)/.exec(text);
  return libpq !== null && OWN_HOST.test(libpq[1]!) && /\b(?:dbname|user|sslmode)=/.test(text);
}

/** The address as a message shows it: without a password, and not too long. */
export function shownAddress(value: string): string {
  const clean = value
    .replace(/\/\/[^@/]*@/, '//...@')
    .replace(/^[^@]*@(?=tcp|udp)/, '...@')
    .replace(/password=\S+/, 'password=...');
  return JSON.stringify(clean.length > 60 ? `${clean.slice(0, 57)}...` : clean);
}

/** The variable of the environment that a fix reads the address from. */
export function variableFor(message: 'listen' | 'connect' | 'origin', value: string): string {
  if (message === 'listen') return 'LISTEN_ADDR';
  if (message === 'origin') return 'ALLOWED_ORIGIN';
  const scheme = /^([a-z]+)/i.exec(value)?.[1]?.toLowerCase() ?? '';
  if (/^(?:postgres|mysql|mongodb|postgresql)$/.test(scheme) || /@(?:tcp|udp)\(|dbname=/.test(value))
    return 'DATABASE_URL';
  if (scheme === 'redis' || value.endsWith(':6379')) return 'REDIS_ADDR';
  if (scheme === 'amqp' || scheme === 'nats') return 'BROKER_URL';
  return 'SERVICE_URL';
}
