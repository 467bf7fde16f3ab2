import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { Touch } from "../../contract/touch.ts";
import { whyProtectedHome } from "../protected-path.ts";
import type { Account } from "./accounts.ts";
import type { WantedUser } from "./plan.ts";

/** Throws Refused when `userdel --remove` would take mail with it, or more than what is the user's own. */
export async function refuseLosses(user: Account, host: HostReader): Promise<void> {
  const why = whyProtectedHome(user.home) ?? (await whyKept(user, host));
  if (why === undefined) return;
  throw new Refused(`user: ${why}: ${user.name} is not removed with all that is there`, {
    host: host.name,
    next: "Leave `remove` out to keep the files, or move them away by hand on the host.",
  });
}

/** What `userdel --remove` takes along. */
export function touchesOfRemoval({ name, home }: Account): Touch[] {
  return [home, `/var/mail/${name}`].map((path) => ({ path, how: "remove" }));
}

/** A home that moves is gone from where programs look for what is in it. */
export function touchesOfMove({ home, move_home }: WantedUser, user: Account): Touch[] {
  if (move_home !== true || home === undefined || home === user.home || !user.hasHome) return [];
  return [
    { path: user.home, how: "remove" },
    { path: home, how: "write" },
  ];
}

async function whyKept({ name, home }: Account, host: HostReader): Promise<string | undefined> {
  const { stdout } = await host.probe(["/bin/sh", "-c", lossesScript, "sh", name, home], {
    timeoutMs: 10 * 60_000,
  });
  const told = stdout.toString("utf8").trim();
  return told === "" ? undefined : (told.split("\n")[0] ?? undefined);
}

/**
 * userdel takes the mailbox of the user along, and the home whoever else lives in it, over the bounds of file systems
 * too. A line for each reason. What Dovecot keeps beside mail shows the formats that have no `cur`.
 */
export const lossesScript = `name=$1; home=$2
for box in "/var/mail/$name" "/var/spool/mail/$name"; do
  if [ -s "$box" ] || { [ -d "$box" ] && [ -n "$(ls -A -- "$box")" ]; }; then echo "there is mail in $box"; fi
done
[ -d "$home" ] || exit 0
real=$(readlink -f -- "$home")
getent passwd | while IFS=: read -r other x x x x place x; do
  [ "$other" != "$name" ] || continue
  case $place/ in "$home"/* | "$real"/*) echo "$other has its home in $home" ;; esac
done
while read -r x x x x place x; do
  case $place/ in "$home"/* | "$real"/*) echo "a file system is mounted at $place" ;; esac
done </proc/self/mountinfo
find "$home" -xdev \\( -type d \\( -name cur -o -name dbox-Mails \\) -o -type f \\( -name mbox -o -name 'dovecot*' \\) \\) \\
  -print 2>/dev/null | while IFS= read -r found; do
  case $found in */cur) [ -d "\${found%/cur}/new" ] || continue ;; esac
  echo "there is a mailbox in $found"; break
done`;
