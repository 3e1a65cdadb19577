/** What tells programs from libraries, and functions that end the process on purpose, in all languages. */

/** Folders and names of code that is a program of its own, or a part of its command line. */
export const PROGRAM =
  /(?:^|\/)(?:cmd|cmds|command|commands|cli|ctl|tools?|scripts?|hack|examples?|main|app|bin)(?:\/|$)/;
/** Comments which say that a function ends the process. */
export const MEANT_COMMENT = /\bpanic|\bfatal|\bexits?\b|\babort|\bterminat|\bcrash|\bdie[sd]?\b|\bkill/i;
