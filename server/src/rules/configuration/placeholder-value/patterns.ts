/** What a placeholder looks like. It judges texts, not where they stand. */

/** Texts that stand for a value to be filled in. */
const HOLE =
  /^(?:change[-_ ]?me\b.*|change[-_ ](?:this|it)\b.*|replace[-_ ]?(?:me|this|with)\b.*|your[-_ ](?!own)[\w .-]*|<[-_ \w]*(?:your|insert|replace|enter)[-_ \w]*>|<[A-Z][A-Z_-]{3,}>|insert[-_].*|enter[-_]your.*|(?:put|add|paste)[-_].*here|.+[-_]here|[\w-]*[-_]your[-_](?:key|token|secret|api|password|domain|project|account|org|id)[\w-]*|placeholder|todo|tbd|fixme|xxx+|dummy[-_]\w+)$/i;
/** Names that RFC 2606 keeps for documentation. */
const EXAMPLE_DOMAIN =
  /(?:^|[./@])(?:example\.(?:com|org|net)|your-?(?:domain|company|site|host|app|server)\.\w{2,})(?:$|[/:?#\s,;])/i;

/** Whether the text is a hole to fill in. */
export function isHole(value: string): boolean {
  return value.length <= 120 && HOLE.test(value) && !/\$\{|\{\{|%[sv]/.test(value);
}

/** Whether the text is an address, a mail address or a host of an example domain. */
export function isExampleAddress(value: string): boolean {
  return value.length <= 300 && !/\s/.test(value.trim()) && EXAMPLE_DOMAIN.test(value);
}

/** The value for a message. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value);
}
