/** Ports as deployment files write them. */

/** Whether a text is the number of a port. */
export function isPort(text: string): boolean {
  return /^\d{2,5}$/.test(text);
}

/** The number of a port, with the default of `${PORT:-8080}`; '' when it is not known. */
export function plainPort(text: string): string {
  const port = /^\$\{\w+:?-(\d+)\}$/.exec(text)?.[1] ?? text;
  return isPort(port) ? port : '';
}
