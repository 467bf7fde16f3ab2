import type { JsonSchema } from "../../contract/json.ts";
import { absolutePath, closed, oneOf, seconds, whenIs, word, yesOrNo } from "../argument-schemas.ts";
import { priorityArguments } from "../priority.ts";

export interface RsyncPullArgs {
  readonly from: string;
  readonly src: string;
  readonly dest: string;
  readonly phase?: "hot" | "cold";
  readonly delete?: boolean;
  readonly maildir?: boolean;
  readonly adopt?: boolean;
  readonly full?: boolean;
  readonly files?: readonly string[];
  readonly exclude?: readonly string[];
  readonly owner?: string;
  readonly group?: string;
  readonly after_opening?: "refuse" | "allow";
  readonly closed_ports?: readonly number[];
  readonly min_source_share?: number;
  readonly bandwidth?: string;
  readonly compress?: boolean | "auto";
  readonly nice?: number;
  readonly ionice?: number | "idle";
  readonly streams?: number | "auto";
  readonly io_timeout?: number;
  readonly attempts?: number;
}

/** The schema of rsync_pull's arguments. There is no way to hand raw options to rsync. */
export const rsyncPullArgs: JsonSchema = closed(
  {
    from: word("The host that is read, by its name in the inventory."),
    src: absolutePath(
      "The directory on it. Its content lands in `dest`, with or without a slash at the end.",
    ),
    dest: absolutePath("The directory on this host. It is made when it is not there."),
    phase: oneOf(
      ["hot", "cold"],
      "hot: the source is in use, files may go away meanwhile. cold: nothing may.",
      "cold",
    ),
    delete: yesOrNo(
      "Remove on this host what the source no longer has. Refused once new has been opened, when the source looks empty, and when this host may hold mail of its own.",
      false,
    ),
    maildir: yesOrNo(
      "The directory holds Maildirs: Dovecot's indexes and locks stay behind, as do devices, and the bits and capabilities by which a program has rights of its own. Messages that no pass brought are guarded.",
      false,
    ),
    adopt: yesOrNo(
      "With maildir: take the messages that are on this host before the first pass as copied from the source (by hand, for instance).",
      false,
    ),
    full: yesOrNo(
      "With maildir and delete: compare all of both trees. Otherwise a pass touches only what changed since the start of the last good one, where that is known: folders and control files with other times.",
      false,
    ),
    files: list("Pull only these files of the directory.", "^(?!\\.{1,2}$)[^/]+$"),
    exclude: list("Leave out what these patterns of rsync match.", "^(?!!)[\\s\\S]+$"),
    owner: word("Give everything to this user. Without it owners are matched by name, never by number."),
    group: word("Give everything to this group."),
    after_opening: oneOf(
      ["refuse", "allow"],
      "allow: may run after new has been opened, for files that are no mail (never with delete).",
      "refuse",
    ),
    closed_ports: {
      type: "array",
      items: { type: "integer", minimum: 1, maximum: 65_535 },
      default: [24, 25, 465, 587],
      description: "Ports that must be closed on this host for a cold pass with delete.",
    },
    min_source_share: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0.95,
      description:
        "With delete: the source must hold at least this share of the files that are here, but for 20.",
    },
    bandwidth: {
      type: "string",
      pattern: "^[0-9]+(\\.[0-9]+)?[kKmMgG]?$",
      description: "At most so many bytes a second, as rsync's --bwlimit takes it: 10m, 500k.",
    },
    compress: {
      anyOf: [{ type: "boolean" }, { const: "auto" }],
      default: false,
      description:
        "Pack what goes over the line: where it is slower than the processors of both hosts. Mail shrinks to about a half. auto, with maildir: what comes faster, measured for some seconds before a pass that compares both trees, as the first one does, and kept for those behind it. Plain until then, and nothing is measured with a bandwidth.",
    },
    ...priorityArguments("How far a hot pass, the first one too,"),
    streams: {
      anyOf: [{ type: "integer", minimum: 1, maximum: 8 }, { const: "auto" }],
      default: "auto",
      description:
        "As how many tar streams at the same time the first copy comes, each with other mailboxes. auto: two where both hosts have two processors and there is much to copy. One where a file has links in several mailboxes.",
    },
    io_timeout: seconds("Seconds without a byte after which the link counts as lost.", 300),
    attempts: {
      type: "integer",
      minimum: 1,
      maximum: 20,
      default: 3,
      description: "How often it is tried when the link is lost.",
    },
  },
  {
    required: ["from", "src", "dest"],
    allOf: [whenIs("delete", true, { forbids: ["files"] }), whenIs("maildir", true, { forbids: ["files"] })],
    dependencies: { adopt: ["maildir"], full: ["maildir", "delete"] },
  },
);

function list(description: string, pattern: string): JsonSchema {
  return { type: "array", minItems: 1, items: { type: "string", pattern }, description };
}
