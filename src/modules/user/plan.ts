import type { Account } from "./accounts.ts";
import { canBeUnlocked, isLocked, isSameHash } from "./password.ts";

/** What a user shall be; what is not named stays, or is what the host's own settings make it. */
export interface WantedUser {
  readonly name: string;
  readonly uid?: number | undefined;
  readonly non_unique?: boolean | undefined;
  readonly group?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly append?: boolean | undefined;
  readonly home?: string | undefined;
  readonly create_home?: boolean | undefined;
  readonly move_home?: boolean | undefined;
  readonly skeleton?: string | undefined;
  readonly shell?: string | undefined;
  readonly comment?: string | undefined;
  readonly system?: boolean | undefined;
  readonly password?: string | undefined;
  readonly update_password?: "always" | "on_create" | undefined;
  readonly password_lock?: boolean | undefined;
  /** Seconds since 1970; a negative number for never. */
  readonly expires?: number | undefined;
}

/** One command, and what it is told on its standard input. */
export interface UserStep {
  readonly argv: readonly string[];
  readonly stdin?: string;
}

/** Words for the person, and the commands. */
export interface UserPlan {
  readonly what: readonly string[];
  readonly steps: readonly UserStep[];
}

const secondsADay = 86_400;

/** Homes that are none, and are not made. */
const noHomes = new Set(["/", "/nonexistent", "/dev/null"]);

/** How a user that is not there is made. `groupExists`: there is a group of the user's name already. */
export function planCreation(wanted: WantedUser, groupExists: boolean): UserPlan {
  const { name, uid, home, skeleton, shell, comment, password, expires } = wanted;
  const makesHome = wanted.create_home !== false && !noHomes.has(home ?? "");
  const options = [
    ...(uid === undefined ? [] : ["--uid", String(uid)]),
    ...(wanted.non_unique === true ? ["--non-unique"] : []),
    ...(wanted.group === undefined ? [] : ["--gid", wanted.group]),
    // useradd would make a group of the user's name, and fail because it is there.
    ...(wanted.group === undefined && groupExists ? ["--no-user-group"] : []),
    ...(wanted.groups === undefined || wanted.groups.length === 0
      ? []
      : ["--groups", wanted.groups.join(",")]),
    ...(home === undefined ? [] : ["--home-dir", home]),
    ...(skeleton === undefined || !makesHome ? [] : ["--skel", skeleton]),
    ...(shell === undefined ? [] : ["--shell", shell]),
    ...(comment === undefined ? [] : ["--comment", comment]),
    ...(expires === undefined || expires < 0 ? [] : ["--expiredate", dateOf(expires)]),
    ...(wanted.system === true ? ["--system"] : []),
    makesHome ? "--create-home" : "--no-create-home",
  ];
  return {
    what: [`create user ${name}`],
    steps: [
      { argv: ["useradd", ...options, "--", name] },
      ...(password === undefined ? [] : [passwordStep(name, password)]),
      ...(wanted.password_lock === true ? [{ argv: ["usermod", "--lock", "--", name] }] : []),
    ],
  };
}

/** What differs between a user and what it shall be; no steps when nothing does. */
export function planChange(wanted: WantedUser, user: Account): UserPlan {
  const words = [
    ...identityWords(wanted, user),
    ...membershipWords(wanted, user),
    ...otherWords(wanted, user),
  ];
  const password = passwordPlan(wanted, user);
  const homeAfter = wanted.home ?? user.home;
  const isMoved = wanted.home !== undefined && wanted.home !== user.home && wanted.move_home === true;
  const makesHome = wanted.create_home !== false && !noHomes.has(homeAfter) && !user.hasHome && !isMoved;
  const named = `user ${wanted.name}`;
  return {
    what: [
      ...words.map(({ what }) => `${named}: ${what}`),
      ...password.what.map((what) => `${named}: ${what}`),
      ...(makesHome ? [`${named}: make ${homeAfter}`] : []),
    ],
    steps: [
      ...(words.length === 0
        ? []
        : [{ argv: ["usermod", ...words.flatMap(({ options }) => options), "--", wanted.name] }]),
      ...password.steps,
      ...(makesHome ? [{ argv: ["mkhomedir_helper", wanted.name, ...skeletonWords(wanted)] }] : []),
    ],
  };
}

interface ChangedWord {
  readonly what: string;
  readonly options: readonly string[];
}

function identityWords({ uid, non_unique, group }: WantedUser, user: Account): ChangedWord[] {
  const words: ChangedWord[] = [];
  if (uid !== undefined && uid !== user.uid) {
    const unique = non_unique === true ? ["--non-unique"] : [];
    words.push({ what: `uid ${user.uid} → ${uid}`, options: ["--uid", String(uid), ...unique] });
  }
  if (group !== undefined && group !== user.group && group !== String(user.gid)) {
    words.push({ what: `group ${user.group} → ${group}`, options: ["--gid", group] });
  }
  return words;
}

function membershipWords({ group, groups, append }: WantedUser, user: Account): ChangedWord[] {
  if (groups === undefined) return [];
  const primary = group ?? user.group;
  const asked = groups.filter((name) => name !== primary);
  const missing = asked.filter((name) => !user.groups.includes(name));
  const left = append === true ? [] : user.groups.filter((name) => !asked.includes(name));
  if (missing.length + left.length === 0) return [];
  const what = [...missing.map((name) => `into ${name}`), ...left.map((name) => `out of ${name}`)].join(", ");
  return [{ what, options: [...(append === true ? ["--append"] : []), "--groups", asked.join(",")] }];
}

function otherWords(wanted: WantedUser, user: Account): ChangedWord[] {
  const { home, shell, comment, expires } = wanted;
  const words: ChangedWord[] = [];
  if (home !== undefined && home !== user.home) {
    const move = wanted.move_home === true ? ["--move-home"] : [];
    words.push({ what: `home ${user.home} → ${home}`, options: ["--home", home, ...move] });
  }
  if (shell !== undefined && shell !== user.shell) {
    words.push({ what: `shell ${user.shell} → ${shell}`, options: ["--shell", shell] });
  }
  if (comment !== undefined && comment !== user.comment) {
    words.push({ what: `comment ${user.comment} → ${comment}`, options: ["--comment", comment] });
  }
  if (expires === undefined) return words;
  const day = expires < 0 ? undefined : Math.floor(expires / secondsADay);
  if (day !== user.expiresOnDay) {
    const date = day === undefined ? "" : dateOf(expires);
    words.push({ what: `expires ${date === "" ? "never" : date}`, options: ["--expiredate", date] });
  }
  return words;
}

function passwordPlan(wanted: WantedUser, { passwordHash }: Account): UserPlan {
  const { name, password, password_lock: lock } = wanted;
  const isNew =
    password !== undefined && wanted.update_password !== "on_create" && !isSameHash(password, passwordHash);
  const hash = isNew ? password : passwordHash;
  const locks = lock === true && !isLocked(hash);
  const unlocks = lock === false && canBeUnlocked(hash);
  return {
    what: [
      ...(isNew ? ["new password"] : []),
      ...(locks ? ["lock the password"] : []),
      ...(unlocks ? ["unlock the password"] : []),
    ],
    steps: [
      ...(isNew ? [passwordStep(name, password)] : []),
      ...(locks ? [{ argv: ["usermod", "--lock", "--", name] }] : []),
      ...(unlocks ? [{ argv: ["usermod", "--unlock", "--", name] }] : []),
    ],
  };
}

/** By standard input, because everybody on the host can read an argv. */
function passwordStep(name: string, hash: string): UserStep {
  return { argv: ["chpasswd", "--encrypted"], stdin: `${name}:${hash}\n` };
}

/** mkhomedir_helper takes the skeleton after the umask. */
function skeletonWords({ skeleton }: WantedUser): string[] {
  return skeleton === undefined ? [] : ["0077", skeleton];
}

function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
