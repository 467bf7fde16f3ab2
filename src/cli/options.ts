import { type Command, InvalidArgumentError, Option } from "commander";
import { isDomain } from "../contract/wave.ts";
import { defaultForks } from "../engine/request.ts";
import { durationSeconds } from "../language/duration.ts";
import { durationPattern } from "../language/schemas/common.ts";
import type { HashedMessages } from "./maildir-options.ts";

/** Options that say where the keys of encrypted values are. */
export interface KeyOptions {
  /** Files of age identities. */
  readonly identity?: readonly string[] | undefined;
  readonly askSecretPass?: boolean | undefined;
  readonly secretPassFile?: string | undefined;
  readonly vaultPasswordFile?: readonly string[] | undefined;
  readonly askVaultPass?: boolean | undefined;
  /** `label@file` or `label@prompt`. */
  readonly vaultId?: readonly string[] | undefined;
}

/** Options of every command that reads an inventory. */
export interface InventoryOptions extends KeyOptions {
  /** Every `-i`, in the order given. */
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly debug?: boolean | undefined;
}

/** Options that every command on a migration has. */
export interface MigrationOptions extends InventoryOptions {
  readonly stateDir?: string | undefined;
  /** Mail domains that move by themselves, with a state of their own. */
  readonly domains?: readonly string[] | undefined;
}

/** Options of the commands that run plays. */
export interface PlayOptions extends MigrationOptions {
  readonly stage?: string | undefined;
  readonly check?: boolean | undefined;
  readonly diff?: boolean | undefined;
  readonly limit?: string | undefined;
  readonly tags: readonly string[];
  readonly skipTags?: readonly string[] | undefined;
  readonly startAtTask?: string | undefined;
  readonly step?: boolean | undefined;
  readonly forks?: number | undefined;
  readonly forceHandlers?: boolean | undefined;
  readonly resume?: boolean | undefined;
  /** Which messages the ledgers of this run hold a hash of. */
  readonly hash?: HashedMessages | undefined;
  /** Each copy of mailboxes in this run compares all of both trees. */
  readonly full?: boolean | undefined;
  /** In seconds. */
  readonly maxDowntime?: number | undefined;
  readonly verbose?: number | undefined;
  readonly answers?: string | undefined;
  readonly onFailure?: "retry" | "rollback" | "stop" | undefined;
  readonly yes?: boolean | undefined;
  readonly breakLock?: boolean | undefined;
  readonly json?: boolean | undefined;
  /** Where to write the run for a CI server. */
  readonly junit?: string | undefined;
}

/** Options of `run`: besides those of a run, what shows the playbook in place of running it. */
export interface RunOptions extends PlayOptions {
  readonly listTasks?: boolean | undefined;
  readonly listTags?: boolean | undefined;
  readonly listHosts?: boolean | undefined;
  readonly syntaxCheck?: boolean | undefined;
}

const several = "(may be given several times)";

const inventoryHelp =
  "the inventory: a YAML file, a directory of them, an executable, what `ansible-inventory --list` prints, or host,host,";

/** The inventory, and variables that count over it. */
export function addInventoryOptions(command: Command): Command {
  return addKeyOptions(
    command
      .option("-i, --inventory <file>", `${inventoryHelp} ${several}`, collect, [])
      .hook("preAction", requireInventory)
      .option(
        "-e, --extra-vars <k=v|@file>",
        `set a variable, or all of a YAML file ${several}`,
        collect,
        [],
      ),
  );
}

/** What opens encrypted values (docs/secrets.md). */
export function addKeyOptions(command: Command): Command {
  return command
    .option("--identity <file>", `age identities that open encrypted values ${several}`, collect, [])
    .option("--ask-secret-pass", "ask for the passphrase of values encrypted with age")
    .option("--secret-pass-file <file>", "a file that holds this passphrase")
    .option(
      "--vault-password-file <file>",
      `a file that holds, or a program that prints, a password of Ansible Vault ${several}`,
      collect,
      [],
    )
    .option("-J, --ask-vault-pass", "ask for the password of Ansible Vault")
    .addOption(new Option("--ask-vault-password", "the same").hideHelp())
    .on("option:ask-vault-password", () => command.setOptionValue("askVaultPass", true))
    .option(
      "--vault-id <label@file>",
      `the password of a vault id; label@prompt asks ${several}`,
      collect,
      [],
    );
}

/** How hosts are reached that need not stand in an inventory. */
export function addConnectionOptions(command: Command): Command {
  return addKeyOptions(
    command
      .option(
        "-i, --inventory <file>",
        `an inventory that says how to reach the hosts ${several}`,
        collect,
        [],
      )
      .option(
        "-e, --extra-vars <k=v|@file>",
        `how to log in, as inventories say it: user, key_file, become ${several}`,
        collect,
        [],
      ),
  );
}

/** The playbook, the inventory and where the state is kept. */
export function addMigrationOptions(command: Command): Command {
  return addInventoryOptions(
    command.argument("<playbook>", "a playbook's path, or the name of one that comes with Mailferry"),
  )
    .option("--state-dir <directory>", "where the state is kept (default: .mailferry/<migration>)")
    .option(
      "--domains <domains>",
      `these mail domains alone, in a playbook that moves one domain at a time ${several}`,
      collectDomains,
    );
}

/** Options of `run` and `rollback`. */
export function addPlayOptions(command: Command): Command {
  return addMigrationOptions(command)
    .option("--stage <name>", "the stage")
    .option("-C, --check", "look only: say what would be changed")
    .option("-D, --diff", "show the changes of text files")
    .option("-v, --verbose", "tell more; twice: tell all")
    .option("-f, --forks <number>", `on how many hosts at once (default: ${defaultForks})`, positiveNumber)
    .option("--answers <file>", "YAML file with the answers to the questions, key: value")
    .option("--yes", "answer yes to yes-or-no questions (never to one that wants a word typed)")
    .option("--break-lock", "take over the lock of a run that is certainly gone")
    .option("--json", "one JSON object per event and line")
    .option(
      "--junit <file>",
      "write the run to a JUnit file too, for a CI server: a case for each task and host",
    );
}

/** Which tasks, by their tags. A tag that no task has is an error. */
export function addTagOptions(command: Command): Command {
  return command
    .option("-t, --tags <tags>", `only tasks with one of these tags ${several}`, collectWords, [])
    .option("--skip-tags <tags>", `leave out tasks with one of these tags ${several}`, collectWords, []);
}

/** Options of `run` alone. */
export function addRunOptions(command: Command): Command {
  return addTagOptions(
    addPlayOptions(command).option("-l, --limit <pattern>", "only on these hosts or groups"),
  )
    .option(
      "--start-at-task <name>",
      "leave out the tasks before the first one of this name (* and ? stand for any)",
    )
    .addOption(
      new Option(
        "--resume",
        "go on at the first task that the stage's last run did not finish, with what its tasks registered",
      ).conflicts("check"),
    )
    .addOption(
      new Option(
        "--hash <which>",
        "which messages the proof compares by content: none, what is new since the last ledger with hashes, or all (maildir_hash)",
      ).choices(["none", "new", "all"]),
    )
    .option(
      "--full",
      "each copy of mailboxes compares all of both trees, not only what changed since the last one (maildir_full)",
    )
    .option(
      "--max-downtime <duration>",
      "refuse a stage whose downtime may be longer, before anything is touched: 90s, 2m",
      duration,
    )
    .option("--force-handlers", "run handlers that were notified on hosts that failed, too")
    .option("--step", "ask before each task: (N)o, (y)es or (c)ontinue without asking")
    .option("--list-tasks", "show the tasks that would run, and run nothing")
    .option("--list-tags", "show the tags of the plays and tasks, and run nothing")
    .option("--list-hosts", "show the hosts of the plays, and run nothing")
    .option("--syntax-check", "check the playbook and its roles without an inventory, and run nothing")
    .addOption(
      new Option("--on-failure <what>", "what to do when a stage fails that can be rolled back").choices([
        "retry",
        "rollback",
        "stop",
      ]),
    );
}

const repeatable = new Set([
  ...["inventory", "domains", "extra-vars", "tags", "skip-tags", "verbose"],
  ...["identity", "vault-password-file", "vault-id", "recipient"],
]);

/** The last touch to a command: `--debug`, `-v` counted, and a single flag given twice is an error. */
export function finishOptions(command: Command): Command {
  command.option("--debug", "show stack traces");
  let verbose = 0;
  command.on("option:verbose", () => {
    verbose += 1;
    command.setOptionValue("verbose", verbose);
  });
  for (const option of command.options.filter((candidate) => !repeatable.has(candidate.name()))) {
    let given = 0;
    command.on(`option:${option.name()}`, () => {
      given += 1;
      if (given > 1) command.error(`error: option '${option.flags}' is given twice`);
    });
  }
  return command;
}

/** Only what needs no host does without. */
function requireInventory(command: Command): void {
  const { inventory, syntaxCheck } = command.opts<RunOptions>();
  if (inventory.length === 0 && !syntaxCheck) {
    command.error("error: required option '-i, --inventory <file>' not specified");
  }
}

function positiveNumber(value: string): number {
  if (/^[1-9][0-9]{0,4}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("a number from 1 is wanted");
}

/** Reads `20%`. */
export function percentage(value: string): number {
  if (/^([1-9][0-9]?|100)%$/.test(value)) return Number(value.slice(0, -1));
  throw new InvalidArgumentError("a share from 1% to 100% is wanted");
}

function duration(value: string): number {
  if (new RegExp(durationPattern).test(value)) return durationSeconds(value);
  throw new InvalidArgumentError("a duration like 90s or 2m is wanted");
}

/** Gathers an option that may be given several times. */
export function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

function collectDomains(value: string, previous: readonly string[] = []): string[] {
  const domains = collectWords(value, previous);
  const odd = domains.find((domain) => !isDomain(domain));
  if (odd === undefined && domains.length > 0) return domains;
  throw new InvalidArgumentError(odd === undefined ? "a domain is wanted" : `"${odd}" is no mail domain`);
}

function collectWords(value: string, previous: readonly string[]): string[] {
  return [
    ...previous,
    ...value
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== ""),
  ];
}
