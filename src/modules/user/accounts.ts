import type { HostReader } from "../../contract/host.ts";

/** A user as the host's databases know it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** The primary group's name. */
  readonly group: string;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** Further groups, without the primary one. */
  readonly groups: readonly string[];
  /** The password's hash as it stands in /etc/shadow; empty where it can't be read. */
  readonly passwordHash: string;
  /** The day from which it can't be used, as days since 1970; undefined for never. */
  readonly expiresOnDay: number | undefined;
  readonly hasHome: boolean;
}

/** A group as the host's databases know it. */
export interface AccountGroup {
  readonly name: string;
  readonly gid: number;
}

/** A user and some groups; what is not there is undefined, or not in the list. */
export interface Accounts {
  readonly user: Account | undefined;
  readonly groups: readonly AccountGroup[];
}

/** Looks a user and groups up, in one round trip. Groups are found by name or number. */
export async function readAccounts(
  user: string,
  groups: readonly string[],
  host: HostReader,
): Promise<Accounts> {
  const { stdout } = await host.probe(["/bin/sh", "-c", accountsScript, "sh", user, ...groups]);
  return parseAccounts(stdout.toString("utf8"));
}

/** A name that is a number would be looked up as one: it is told apart by what comes back. */
export const accountsScript = `user=$1; shift
passwd=$(getent passwd -- "$user") || passwd=
case $passwd in "$user":*)
  echo "passwd=$passwd"
  echo "shadow=$(getent shadow -- "$user")"
  echo "primary=$(id -gn -- "$user")"
  echo "member=$(id -Gn -- "$user")"
  home=\${passwd%:*}
  if [ -d "\${home##*:}" ]; then echo home=yes; fi
esac
for group in "$@"; do
  echo "group=$(getent group -- "$group")"
done`;

/** Reads what the script printed. */
export function parseAccounts(printed: string): Accounts {
  const values = printed.split("\n").map((line): [string, string] => {
    const at = line.indexOf("=");
    return [line.slice(0, Math.max(at, 0)), line.slice(at + 1)];
  });
  const all = (name: string): string[] => values.filter(([key]) => key === name).map(([, value]) => value);
  const groups = all("group")
    .filter((entry) => entry !== "")
    .map((entry) => entry.split(":"))
    .map(([name = "", , gid]) => ({ name, gid: Number(gid) }));
  const [passwd] = all("passwd");
  if (passwd === undefined) return { user: undefined, groups };
  const [name = "", , uid, gid, comment = "", home = "", shell = ""] = passwd.split(":");
  const [, passwordHash = "", , , , , , expires = ""] = (all("shadow")[0] ?? "").split(":");
  const group = all("primary")[0] ?? "";
  const member = (all("member")[0] ?? "").split(" ").filter(Boolean);
  const user: Account = {
    name,
    uid: Number(uid),
    gid: Number(gid),
    group,
    comment,
    home,
    shell,
    groups: member.filter((other) => other !== group).sort(),
    passwordHash,
    expiresOnDay: expires === "" ? undefined : Number(expires),
    hasHome: all("home").length > 0,
  };
  return { user, groups };
}
