import { posix } from "node:path";
import type { Change } from "../../contract/change.ts";
import { BadInput } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { changingModule } from "../../contract/module.ts";
import { closed, given, oneOf, word, yesOrNo } from "../argument-schemas.ts";
import { requireLoginAccount } from "../login-account.ts";
import { type FileChange, planFile, putFile, touchesOfFile } from "../managed-file.ts";
import { type HostKey, isNamed, parseKnownLine, withKeys, withoutHost } from "./known-hosts-text.ts";

export interface KnownHostsArgs {
  readonly name: string;
  readonly key?: string;
  readonly path?: string;
  readonly hash_host?: boolean;
  readonly state?: "present" | "absent";
}

export interface KnownHostsChange extends Change {
  readonly name: string;
  readonly file: FileChange;
  /** Made first, for its owner alone; undefined when it is there or not ours to make. */
  readonly directory: string | undefined;
}

/** Keeps the public keys by which ssh knows a host. */
export const knownHosts = changingModule<KnownHostsArgs, KnownHostsChange>({
  name: "known_hosts",
  description:
    "Keeps the public keys by which ssh on the host knows another one. A key of another type stays; one of the same type is replaced. " +
    "Differs from Ansible: `key` may be several lines, and the host's name before each may be left out; lines with markers or patterns are left alone.",
  preview: "exact",
  args: closed(
    {
      name: {
        ...word("The other host, as ssh looks it up: a name, an address, or `[name]:port`."),
        pattern: "^[^\\s,|*?!@#]+$",
      },
      key: word("Its public key, or several, each on a line of its own, as `ssh-keyscan` prints them."),
      path: {
        ...word("The file; `~/.ssh/known_hosts` of the task's user without it."),
        pattern: "^(/|~/)",
      },
      hash_host: yesOrNo("Write the name so that it can't be read.", false),
      state: oneOf(["present", "absent"], "`absent` removes all keys of the host.", "present"),
    },
    {
      required: ["name"],
      anyOf: [given("key"), { ...given("state"), properties: { state: { const: "absent" } } }],
    },
  ),

  async check(args, host) {
    const name = args.name.toLowerCase();
    const keys = args.state === "absent" ? [] : keysOf(args.key ?? "", name);
    const { path, directory } = await placeOf(args.path, host);
    const before = await host.readText(path);
    const after =
      args.state === "absent"
        ? withoutHost(before ?? "", name)
        : withKeys(before ?? "", name, keys, args.hash_host === true);
    if (after === (before ?? "")) return undefined;
    const mode = before === undefined && directory !== undefined ? "0600" : undefined;
    const file = await planFile({ path, content: Buffer.from(after), mode }, host);
    if (file === undefined) return undefined;
    const isMissing = directory !== undefined && (await host.stat(directory)) === undefined;
    const what = args.state === "absent" ? "forget" : "know";
    return {
      summary: `${what} ${name} in ${path}`,
      // Only its owner may read the file, but what stands in it is public.
      diff: [{ path, before, after }],
      name,
      file,
      directory: isMissing ? directory : undefined,
    };
  },

  touches: ({ file }) => touchesOfFile(file),
  async apply({ name, file, directory }, host, context) {
    const { signal } = context;
    if (directory !== undefined) await host.run(["mkdir", "-m", "0700", "--", directory], { signal });
    await putFile(file, host, context);
    return { result: { name, path: file.path } };
  },

  async current({ name, path, state = "present", key }, host) {
    const place = await placeOf(path, host);
    return { name: name.toLowerCase(), path: place.path, state, ...(key === undefined ? {} : { key }) };
  },
});

/** The file, and the directory that may be made for it: the one that ssh itself makes. */
async function placeOf(
  path: string | undefined,
  host: HostReader,
): Promise<{ readonly path: string; readonly directory: string | undefined }> {
  if (path?.startsWith("/")) return { path, directory: undefined };
  const { home } = await requireLoginAccount(undefined, host);
  const real = posix.join(home, path?.slice(2) ?? ".ssh/known_hosts");
  const own = posix.join(home, ".ssh");
  return { path: real, directory: posix.dirname(real) === own ? own : undefined };
}

function keysOf(text: string, name: string): HostKey[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const keys = lines.map((line) => {
    const known = parseKnownLine(line);
    if (known === undefined) throw wrong(`"${line.slice(0, 60)}" is no public key of a host`);
    if (known.names !== "" && !isNamed(known.names.toLowerCase(), name) && !isNamed(known.names, name)) {
      throw wrong(`the key is one of ${known.names}, not of ${name}`);
    }
    return { type: known.type, base64: known.base64, comment: known.comment };
  });
  if (keys.length === 0) throw wrong("there is no key in `key`");
  return keys;
}

function wrong(message: string): BadInput {
  return new BadInput([
    {
      message: `known_hosts: ${message}`,
      hint: "Write it as ssh-keyscan prints it: the host's name, the type, and the key in base64.",
    },
  ]);
}
