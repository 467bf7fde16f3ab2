import type { JsonSchema } from "../../contract/json.ts";
import { absolutePath } from "../argument-schemas.ts";

/** What both directions say of users, their directories, and doveadm. */
export interface DsyncWords {
  readonly home?: string;
  readonly maildir?: string;
  readonly files?: readonly string[];
  readonly config?: string;
  readonly parallel?: number;
  readonly lock_timeout?: number;
  readonly io_timeout?: number;
}

/** The schemas of these words. */
export const dsyncWords = {
  home: relativePath(
    "A user's directory below it: %u is the user, %n the part before the @, %d that behind it.",
    "%d/%n",
  ),
  maildir: relativePath("The Maildir in that directory; `.` where it is the directory itself.", "Maildir"),
  files: {
    type: "array",
    items: { type: "string", pattern: "^(?!\\.{1,2}$)[A-Za-z0-9._-]+$" },
    default: [],
    description:
      "Files and directories beside the Maildir that dsync does not carry, as sieve scripts: they become in one what they are in the other.",
  },
  config: absolutePath(
    "The configuration file of this host's Dovecot; its usual one by default. It must run, since it knows the users.",
  ),
  parallel: {
    type: "integer",
    minimum: 1,
    maximum: 64,
    description: "So many users at once; as many as there are processors by default.",
  },
  lock_timeout: wholeSeconds("How long to wait for another dsync of the same user (-l).", 30),
  io_timeout: wholeSeconds("How long dsync may stand still (-T).", 600),
} as const;

function relativePath(description: string, byDefault: string): JsonSchema {
  const pattern = "^(?!.*(^|/)\\.\\.(/|$))[^/\\s][^\\s]*$";
  return { type: "string", pattern, default: byDefault, description };
}

function wholeSeconds(description: string, byDefault: number): JsonSchema {
  return { type: "integer", minimum: 1, default: byDefault, description };
}
