/** Plain data: what may be cached, sent to a worker or to the client, and compared by content. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
