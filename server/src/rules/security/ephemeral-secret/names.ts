/** Which names hold a key that outlives the process, and which are meant to live for one conversation or file. */

/** Names of what signs or encrypts things that outlive the process. */
export const SIGNING =
  /(?:jwt|session|sess|cookie|signing|sign|hmac|csrf|auth|token|access|refresh|encryption|encrypt|master|app|server|hash|block)_?(?:key|secret|salt|pepper)s?$|^(?:secret|secretKey|secret_key|jwtSecret|jwtKey|SecretKey|Secret)$/i;
/** Names of keys that are meant to live for one conversation, file or request. */
export const MEANT =
  /ephemeral|temp|tmp|nonce|dh|ecdh|session_?key$|object_?key|data_?key|dek|per_|once|csp|challenge|pkce|verifier|file_?key|content_?key|websocket|boundary|test/i;
