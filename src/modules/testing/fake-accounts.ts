import type { FakeAnswer, FakeCall, FakeCommand } from "./fake-host.ts";

/** A user in memory. */
export interface FakeAccount {
  uid: number;
  group: string;
  groups: string[];
  comment: string;
  home: string;
  shell: string;
  hash: string;
  /** Days since 1970, as /etc/shadow has it. */
  expires: string;
  hasHome: boolean;
}

/** Users by name, groups by name with their numbers, and what speaks against removing a user's home. */
export interface FakeAccounts {
  readonly users: Record<string, FakeAccount>;
  readonly groups: Record<string, number>;
  readonly losses?: string;
}

/** A user that is there, with what a test says of it. */
export function fakeAccount(words: Partial<FakeAccount> = {}): FakeAccount {
  const usual = { uid: 1001, group: "users", groups: [], comment: "", home: "/home/anna", shell: "/bin/sh" };
  return { ...usual, hash: "!", expires: "", hasHome: true, ...words };
}

/** The databases of users and groups in memory: the module's look at them, and shadow's commands that change them. */
export function fakeAccountCommands(accounts: FakeAccounts): FakeCommand[] {
  const known = (call: FakeCall, change: (user: FakeAccount, words: Words) => void): FakeAnswer => {
    const words = wordsOf(call);
    const user = accounts.users[words.name];
    if (user === undefined) return { exitCode: 6, stderr: `user '${words.name}' does not exist` };
    change(user, words);
    return "";
  };
  return [
    { argv: ["/bin/sh", "-c"], answer: (call) => looked(call, accounts) },
    {
      argv: ["useradd"],
      answer: (call) => {
        const words = wordsOf(call);
        const fresh = fakeAccount({ home: `/home/${words.name}`, hasHome: words.flags.has("--create-home") });
        if (!words.flags.has("--no-user-group") && words.option("--gid") === undefined) {
          accounts.groups[words.name] = 1001;
          fresh.group = words.name;
        }
        accounts.users[words.name] = fresh;
        change(fresh, words);
        return "";
      },
    },
    { argv: ["usermod"], answer: (call) => known(call, change) },
    {
      argv: ["userdel"],
      answer: (call) => {
        delete accounts.users[wordsOf(call).name];
        return "";
      },
    },
    {
      argv: ["chpasswd", "--encrypted"],
      answer: ({ options }) => {
        const [name = "", hash = ""] = String(options.stdin).trim().split(":");
        Object.assign(accounts.users[name] ?? {}, { hash });
        return "";
      },
    },
    {
      argv: ["mkhomedir_helper"],
      answer: ({ argv }) => {
        Object.assign(accounts.users[argv[1] ?? ""] ?? {}, { hasHome: true });
        return "";
      },
    },
  ];
}

interface Words {
  readonly name: string;
  readonly flags: ReadonlySet<string>;
  option(name: string): string | undefined;
}

function wordsOf({ argv }: FakeCall): Words {
  return {
    name: argv.at(-1) ?? "",
    flags: new Set(argv),
    option: (name) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : undefined),
  };
}

function change(user: FakeAccount, { flags, option }: Words): void {
  const groups = option("--groups")?.split(",").filter(Boolean);
  const days = (date: string): string => (date === "" ? "" : String(Date.parse(date) / 86_400_000));
  const expires = option("--expiredate");
  user.uid = Number(option("--uid") ?? user.uid);
  user.group = option("--gid") ?? user.group;
  if (groups !== undefined) user.groups = flags.has("--append") ? [...user.groups, ...groups] : groups;
  user.home = option("--home") ?? option("--home-dir") ?? user.home;
  user.shell = option("--shell") ?? user.shell;
  user.comment = option("--comment") ?? user.comment;
  if (expires !== undefined) user.expires = days(expires);
  if (flags.has("--lock")) user.hash = `!${user.hash}`;
  if (flags.has("--unlock")) user.hash = user.hash.slice(1);
}

function looked({ argv }: FakeCall, { users, groups, losses = "" }: FakeAccounts): FakeAnswer {
  const [, , script = "", , name = "", ...asked] = argv;
  if (script.includes("mbox")) return losses;
  const user = users[name];
  const found = asked.map((wish) => {
    const entry = Object.entries(groups).find(([group, gid]) => group === wish || String(gid) === wish);
    return `group=${entry === undefined ? "" : `${entry[0]}:x:${entry[1]}:`}`;
  });
  if (user === undefined) return found.join("\n");
  const { uid, group, comment, home, shell, hash, expires, hasHome } = user;
  const gid = groups[group] ?? 100;
  return [
    `passwd=${name}:x:${uid}:${gid}:${comment}:${home}:${shell}`,
    `shadow=${name}:${hash}:19000:0:99999:7::${expires}:`,
    `primary=${group}`,
    `member=${[group, ...user.groups].join(" ")}`,
    ...(hasHome ? ["home=yes"] : []),
    ...found,
  ].join("\n");
}
